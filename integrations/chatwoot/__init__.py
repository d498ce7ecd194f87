"""Client of Chatwoot's two APIs and reader of its webhooks; imports integrations alone."""
