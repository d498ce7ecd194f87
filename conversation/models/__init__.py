"""What all prompts begin with, tasks beside conversations, and whether the models answer."""
