"""HTTP with a deadline over the whole request; imports integrations alone."""
