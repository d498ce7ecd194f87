"""Providers of WhatsApp behind one interface, Twilio and 360dialog; imports integrations."""
