"""Other people's APIs. A client in here takes plain values and imports nothing of ours."""
