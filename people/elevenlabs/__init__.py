"""Calls that ElevenLabs had for us; imports guards, conversation, storage and integrations."""
