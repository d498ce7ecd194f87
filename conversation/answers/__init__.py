"""Answers as they are written: a thread, a row, a position to read from; imports storage and integrations."""
