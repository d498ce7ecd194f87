"""Looks at what calls and messages need, says what is wrong, and mends what it can; imports launch and jobs."""
