"""Two processes in which a browser's phone is opened at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from dashboard.simulator.sessions import MOST_OPEN, BrowserSessions, SessionRequest, TooManyOpenError
from storage.reports import browser_sessions
from storage.reports.browser_sessions import BrowserPhone
from tests.records import every
from tests.waiting import is_anyone_blocked, wait_until

NUMBERS = [f"+346000000{last:02}" for last in range(1, MOST_OPEN + 2)]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Silent:
    """A player that does nothing until it is told to leave."""

    ending = None

    def begin(self):
        pass

    def do(self, command):
        pass

    def leave(self, reason):
        self.ending = {"reason": reason}


@pytest.fixture
def process(postgres_database):
    """Make what one web process has."""
    made = []

    def make():
        made.append(BrowserSessions(postgres_database, lambda: NOON))
        return made[-1]

    yield make
    for sessions in made:
        sessions.close()


@pytest.fixture
def open_at_once(postgres_database, process):
    """Let one process begin to open a phone when another has counted them and not yet opened its own."""

    def open_one():
        process().open(SessionRequest("phone", None, NUMBERS, lambda *_: Silent()))

    def open_at_once():
        others = []

        def begin_other(_connection, statement, *_):
            if statement.is_insert and statement.table.name == BrowserPhone.__tablename__ and not others:
                others.append(None)
                others[0] = pool.submit(open_one)
                wait_until(lambda: others[0].done() or is_anyone_blocked(postgres_database))

        with ThreadPoolExecutor(1) as pool:
            event.listen(postgres_database.engine, "before_execute", begin_other)
            open_one()
            return others[0].exception()

    return open_at_once


def test_they_get_different_numbers(open_at_once, postgres_database):
    assert open_at_once() is None

    assert [phone.number for phone in every(postgres_database, BrowserPhone)] == NUMBERS[:2]


def test_of_the_last_place_only_one_is_opened(open_at_once, postgres_database):
    with postgres_database.write() as connection:
        for place in range(MOST_OPEN - 1):
            browser_sessions.open_phone(connection, f"other-{place}", "phone", NUMBERS[place], NOON)

    assert isinstance(open_at_once(), TooManyOpenError)
    assert len(every(postgres_database, BrowserPhone)) == MOST_OPEN
