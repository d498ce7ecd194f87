"""Durable jobs over DBOS: enqueued in a transaction, run by a worker; imports storage."""
