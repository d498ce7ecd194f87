"""A phone and a WhatsApp in the browser; imports simulator, and what dashboard may."""
