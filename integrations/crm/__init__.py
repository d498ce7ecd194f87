"""The webhook of a CRM; imports integrations alone."""
