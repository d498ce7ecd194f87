"""Text as it is spoken: sentences, numbers and dates in words, voices; imports nothing else of ours."""
