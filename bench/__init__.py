"""Benchmarks of the program against a minimal app: `python -m bench`."""
