"""360dialog, a partner through which Meta's Cloud API is reached; imports integrations alone."""
