"""The second door: WhatsApp."""
