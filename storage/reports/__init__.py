"""What the dashboard reads; imports storage alone."""
