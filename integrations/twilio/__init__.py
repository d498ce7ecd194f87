"""Client of Twilio's REST API: calls, messages, media; imports integrations alone."""
