"""A model that needs no account and answers from the profile; imports integrations alone."""
