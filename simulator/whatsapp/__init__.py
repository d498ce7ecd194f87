"""Twilio's part in WhatsApp: webhooks, REST API, receipts, media; imports simulator alone."""
