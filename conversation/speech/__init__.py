"""Prepares text for speech: sentences, what is written as a person says it; imports nothing else of ours."""
