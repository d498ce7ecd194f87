"""Loopback servers that stand for a model, Twilio and Chatwoot, and the smallest apps to compare with."""
