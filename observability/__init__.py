"""Logging, metrics, health, and the features that are off; imports conversation, jobs, storage and settings."""
