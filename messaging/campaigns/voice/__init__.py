"""Campaigns by phone: places their calls, each once, and decides what follows from how they end."""
