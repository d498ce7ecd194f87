"""Queries and changes, one module per aggregate; imports storage alone."""
