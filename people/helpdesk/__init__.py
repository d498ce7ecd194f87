"""Conversations shown in Chatwoot, and taken over there; imports what messaging does."""
