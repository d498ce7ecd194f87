"""Identities of contacts: by which they are found, what is told apart, and what turns out to be one person's."""
