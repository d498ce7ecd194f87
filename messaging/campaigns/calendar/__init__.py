"""Says when somebody may be contacted, and when a reminder is due."""
