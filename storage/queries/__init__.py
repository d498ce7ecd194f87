"""Queries and changes, one module an aggregate; imports storage alone."""
