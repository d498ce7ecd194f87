"""Sends events to a CRM; imports conversation, jobs, storage and integrations."""
