"""A phone and a WhatsApp without Twilio."""
