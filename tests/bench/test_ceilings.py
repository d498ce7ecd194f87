import pytest

from bench import ceilings
from storage.ledger import entries
from storage.ledger.entries import Use

WORDY = Use("contact:1", "phone-turn", "2026-11-29")


@pytest.mark.both_databases
def test_the_benchs_people_may_say_more_than_anybody(database):
    ceilings.lift(database.url)
    ceilings.lift(database.url)

    with database.write() as connection:
        taken = [entries.take(connection, WORDY, 1, 10) for _ in range(30)]

    assert all(taken)
