"""A phone and a WhatsApp without Twilio; they reach the server over HTTP and import settings alone."""
