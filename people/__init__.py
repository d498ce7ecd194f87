"""Bringing in people: what is shown to them, how a conversation goes to one and comes back."""
