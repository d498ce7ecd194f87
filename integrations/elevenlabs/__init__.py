"""ElevenLabs' webhooks and the handoff API's document; imports integrations alone."""
