"""Prepares text for speech: sentences, numbers and dates in words, voices; imports nothing else of ours."""
