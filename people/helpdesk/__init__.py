"""Shows conversations in Chatwoot, and lets operators take over; imports the same packages as messaging."""
