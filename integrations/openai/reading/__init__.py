"""Reads the answers of models' servers, however near they come to OpenAI's formats."""
