"""Client of 360dialog, a provider of Meta's Cloud API; imports integrations alone."""
