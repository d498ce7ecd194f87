"""Guards, which refuse a request before a view sees it; imports integrations and settings."""
