"""Loops in threads, and IP addresses: knows nothing of the program and imports none of it."""
