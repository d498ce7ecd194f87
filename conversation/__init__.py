"""The hall: the conversation, the same on every channel. No Flask and no Twilio in here."""
