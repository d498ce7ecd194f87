"""Logging, metrics, and what is switched off; imports conversation, jobs, storage and settings."""
