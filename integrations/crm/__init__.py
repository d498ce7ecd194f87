"""Client of a CRM's webhook; imports integrations alone."""
