"""Chatwoot: the window in which people see the conversations, and through which they step in."""
