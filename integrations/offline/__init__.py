"""A model without an account that answers from the profile; imports integrations alone."""
