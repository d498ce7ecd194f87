"""Calls held by ElevenLabs' agent; imports guards, conversation, storage and integrations."""
