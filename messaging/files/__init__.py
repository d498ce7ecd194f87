"""Fetches the files of messages, within bounds of memory and of threads; imports integrations and storage."""
