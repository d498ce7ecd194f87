"""The phone's webhooks, answered in TwiML; imports guards, conversation, storage and integrations."""
