"""Loops in threads, IP addresses and time zones: knows nothing of the program and imports none of it."""
