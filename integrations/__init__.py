"""Clients of external APIs; they take plain values and import no other package of the program."""
