"""360dialog: WhatsApp's Cloud API, by way of a partner of Meta's."""
