"""Campaigns: their states, the people on their lists, and what these have answered."""
