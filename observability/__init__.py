"""Logs, metrics, health and disabled features; imports conversation, jobs, storage and settings."""
