"""Campaigns: a message to each person on a list, sent once, at our numbers' pace, and followed to its end."""
