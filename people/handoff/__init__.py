"""Handoffs to sellers, notified by WhatsApp; imports the same packages as messaging."""
