"""Durable work over DBOS: handed over in a transaction, done by a worker; imports storage."""
