"""The phone and the WhatsApp in the terminal; imports simulator alone."""
