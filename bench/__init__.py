"""What the program costs, measured side by side: `python -m bench`."""
