"""Measures campaigns: reading a list, sending it, and what calls and chats notice of that."""
