"""Browsers' phones: opened, looked after by their process, read by any, ended when nobody is there."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from dashboard.simulator.sessions import (
    HEARTBEAT_EVERY,
    LONGEST_SILENCE,
    MOST_OPEN,
    PAGE_GONE,
    BrowserSessions,
    SessionRequest,
    TooManyOpenError,
)
from storage.database import Database
from storage.reports import browser_sessions
from storage.reports.browser_sessions import BrowserCommand, BrowserEvent, BrowserPhone
from tests.records import every
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases

NUMBERS = [f"+3460000000{last}" for last in range(1, 10)] + ["+34600000010", "+34600000011"]


class Clock:
    def __init__(self):
        self.at = datetime(2026, 3, 2, 10, tzinfo=UTC)

    def __call__(self):
        return self.at

    def advance(self, by):
        self.at += by


class Puppet:
    """A player that repeats what it is told to do."""

    def __init__(self, tell):
        self.tell = tell
        self.ending = None

    def begin(self):
        self.tell({"kind": "began"})

    def do(self, command):
        content = len(command.content) if command.content else 0
        self.tell({"kind": "did", "verb": command.verb, "content": content, **command.body})

    def leave(self, reason):
        self.ending = self.ending or {"reason": reason}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def process(database, clock):
    """Make what one web process has: `process()`."""
    made = []

    def make():
        made.append((BrowserSessions(database, clock), []))
        return made[-1][0]

    yield make
    for sessions, _ in made:
        sessions.close()


@pytest.fixture
def sessions(process):
    return process()


class Page:
    """Somebody's page, which any process may answer."""

    def __init__(self, database, clock, key):
        self.database, self.clock, self.key = database, clock, key

    def look(self):
        with self.database.read() as connection:
            return browser_sessions.find_phone(connection, self.key, self.clock())

    def events(self):
        with self.database.read() as connection:
            return browser_sessions.events_after(connection, self.look().id, 0)

    def do(self, verb, content=None, **body):
        with self.database.write() as connection:
            browser_sessions.add_command(connection, self.look().id, verb, body, content)

    def wait_for(self, kind, count=1):
        def told():
            return [body for _, body in self.events() if body["kind"] == kind]

        wait_until(lambda: len(told()) >= count)
        return told()[-1]

    def wait_until_over(self):
        wait_until(lambda: self.look().is_over)


@pytest.fixture
def open_page(database, clock):
    def open_one(sessions, number=None):
        opening = SessionRequest("phone", number, NUMBERS, lambda _, tell: Puppet(tell))
        return Page(database, clock, sessions.open(opening))

    return open_one


@pytest.fixture
def page(sessions, open_page):
    return open_page(sessions)


def numbers(database):
    return [phone.number for phone in every(database, BrowserPhone)]


def test_what_is_asked_in_any_process_is_done_once_and_in_order(page, database):
    for word in ("uno", "dos", "tres"):
        page.do("say", text=word)
    page.wait_for("did", 3)

    assert [body.get("text") for _, body in page.events()] == [None, "uno", "dos", "tres"]
    assert [number for number, _ in page.events()] == [1, 2, 3, 4]
    assert every(database, BrowserCommand) == []


def test_a_file_comes_with_what_is_asked(page):
    page.do("send", content=b"x" * 300_000)

    assert page.wait_for("did")["content"] == 300_000


def test_a_page_reads_on_from_where_it_was(page, database):
    page.do("say", text="uno")
    page.wait_for("did")

    with database.read() as connection:
        later = browser_sessions.events_after(connection, page.look().id, 1)

    assert [(number, body["text"]) for number, body in later] == [(2, "uno")]


def test_whoever_comes_alone_always_has_the_same_number(sessions, open_page, database):
    first = open_page(sessions)
    open_page(sessions)
    first_is = sessions._sessions[0]
    first_is.close()
    first.wait_until_over()

    open_page(sessions)

    assert numbers(database) == [NUMBERS[0], NUMBERS[1], NUMBERS[0]]


def test_there_are_at_most_ten_over_all_processes(process, open_page):
    here, there = process(), process()
    pages = [open_page(sessions) for sessions in [here, there] * (MOST_OPEN // 2)]

    with pytest.raises(TooManyOpenError):
        open_page(here)

    here.close()
    pages[0].wait_until_over()
    open_page(there)


def test_a_page_that_is_gone_ends_it(page, clock):
    page.wait_for("began")
    clock.advance(PAGE_GONE - timedelta(seconds=1))
    page.do("say", text="?")
    page.wait_for("did")
    assert not page.look().is_over

    clock.advance(HEARTBEAT_EVERY)

    assert page.wait_for("over")["reason"] == "page gone"


def test_a_page_that_only_looks_keeps_it_for_so_long(page, clock, database):
    page.wait_for("began")
    while clock.at < datetime(2026, 3, 2, 10, tzinfo=UTC) + LONGEST_SILENCE:
        assert page.look() is not None
        with database.write() as connection:
            browser_sessions.note_seen(connection, page.look().id, clock())
        clock.advance(browser_sessions.STALE - timedelta(seconds=1))
        wait_for_heartbeat(database, clock)

    clock.advance(HEARTBEAT_EVERY)

    assert page.wait_for("over")["reason"] == "idle"


def wait_for_heartbeat(database, clock):
    def phone():
        return every(database, BrowserPhone)[0]

    wait_until(lambda: phone().beat_at >= clock() or phone().ended_at)


def test_one_whose_process_died_is_over_for_its_page_and_leaves_its_place(
    sessions, clock, database, open_page
):
    with database.write() as connection:
        for place in range(MOST_OPEN):
            browser_sessions.open_phone(connection, f"dead-{place}", "phone", NUMBERS[place], clock())
    dead = Page(database, clock, "dead-0")
    assert not dead.look().is_over

    clock.advance(browser_sessions.STALE + timedelta(seconds=1))

    assert dead.look().is_over
    open_page(sessions)


def test_a_process_that_ends_says_so_to_its_pages(page, sessions):
    page.wait_for("began")

    sessions.close()

    assert page.wait_for("over")["reason"] == "closed"
    assert page.look().is_over


def test_what_happens_while_the_database_is_locked_is_told_afterwards(sqlite_url, clock, open_page):
    database, other = Database(sqlite_url, busy_timeout_s=0.05), Database(sqlite_url)
    sessions = BrowserSessions(database, clock)
    opened = []
    opening = SessionRequest("phone", None, NUMBERS, lambda _, tell: opened.append(Puppet(tell)) or opened[0])
    page = Page(database, clock, sessions.open(opening))
    page.wait_for("began")

    with capture_logs() as logs, other.write():
        for word in ("uno", "dos"):
            logs.clear()
            opened[0].tell({"kind": "said", "text": word})
            wait_until(lambda: [line for line in logs if line["event"] == "browser_phone_not_kept"])

    page.wait_for("said", 2)
    assert [(number, body.get("text")) for number, body in page.events()] == [
        (1, None),
        (2, "uno"),
        (3, "dos"),
    ]
    sessions.close()
    for each in (database, other):
        each.close()


def test_what_was_said_is_forgotten_after_a_day(page, sessions, open_page, clock, database):
    page.do("leave")
    page.wait_for("did")
    sessions._sessions[0].close()
    page.wait_until_over()

    clock.advance(browser_sessions.KEPT + timedelta(minutes=1))
    new = open_page(sessions)

    new.wait_for("began")
    assert len(every(database, BrowserPhone)) == 1
    assert [event.phone_id for event in every(database, BrowserEvent)] == [new.look().id]
