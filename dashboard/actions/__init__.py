"""Operators' actions on conversations: checked, and performed once for each form."""
