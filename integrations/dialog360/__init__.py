"""360dialog, a partner that offers Meta's Cloud API; imports integrations alone."""
