"""Conversations, the same on every channel; imports jobs, storage and integrations, and neither Flask nor Twilio."""
