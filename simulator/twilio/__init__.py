"""Twilio's part in a call: fetches TwiML, acts on it, and reports; imports simulator alone."""
