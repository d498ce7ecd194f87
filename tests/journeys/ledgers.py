"""Reading the ledger, and using it up."""

from conversation.ledger import CEILINGS
from storage.base import utc_now
from storage.ledger import entries
from storage.ledger.entries import Use
from storage.models import Contact, LedgerTotal
from tests.records import every


def account_of(line, number):
    [contact] = [contact for contact in every(line.parts.database, Contact) if contact.address == number]
    return f"contact:{contact.id}"


def used(line, kind):
    """Units of a kind today, over all accounts."""
    today = line.parts.ledger.day(utc_now())
    rows = every(line.parts.database, LedgerTotal)
    return sum(row.units for row in rows if (row.kind, row.period) == (kind, today))


def use_up(line, number, kind, *, leaving=0, hour=False):
    """Let a contact have used all but some units of a kind: of the day, or of the hour alone."""
    now, ceiling = utc_now(), CEILINGS[kind]
    period = line.parts.ledger.day(now)
    if hour:
        period = f"{now.astimezone(line.parts.profile.time_zone):%Y-%m-%dT%H}"
    units = (ceiling.an_hour if hour else ceiling.a_day) - leaving
    with line.parts.database.write() as connection:
        entries.add(connection, {Use(account_of(line, number), kind, period): units})
