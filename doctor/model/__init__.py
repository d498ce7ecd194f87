"""Examines language models, and how long they take to their first word."""
