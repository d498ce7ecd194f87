"""How a person comes in: one package a way, none of which imports another."""
