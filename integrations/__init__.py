"""Clients of other people's APIs; they take plain values and import nothing of ours."""
