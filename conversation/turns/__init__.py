"""The turns of a conversation: what was said, who may answer it, and what a model is told of it."""
