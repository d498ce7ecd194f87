"""Looks at Twilio: the account, the number and its webhooks, the region, WhatsApp."""
