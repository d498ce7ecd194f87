"""A model that needs no account: it finds what the profile says; imports integrations alone."""
