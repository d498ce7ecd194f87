"""The ledger of what costs, by account and day: reservations, totals and whose they are."""
