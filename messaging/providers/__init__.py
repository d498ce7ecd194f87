"""Who carries messages: one shape for Twilio and 360dialog; imports integrations."""
