"""Phone webhooks, answered in TwiML; imports guards, conversation, storage and integrations."""
