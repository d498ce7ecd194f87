"""What operators do with a campaign at the dashboard, and what its page says of it."""
