"""Chatwoot's two APIs and its webhooks; imports integrations alone."""
