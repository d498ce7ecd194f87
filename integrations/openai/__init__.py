"""Chat Completions, pictures and transcription, by OpenAI's client; imports integrations alone."""
