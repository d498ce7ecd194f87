"""Features that involve people: one package each, none of which imports another."""
