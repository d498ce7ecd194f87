"""Client of Chat Completions and the Responses API, with images, and of transcription; imports integrations alone."""
