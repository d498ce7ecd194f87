"""Sellers, who are told by WhatsApp that somebody wants a person; imports what messaging does."""
