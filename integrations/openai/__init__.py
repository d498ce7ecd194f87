"""Client of Chat Completions, with images, and of transcription; imports integrations alone."""
