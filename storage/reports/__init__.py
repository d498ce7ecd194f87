"""Reports for the dashboard; imports storage alone."""
