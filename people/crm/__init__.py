"""Tells a CRM what happened; imports conversation, jobs, storage and integrations."""
