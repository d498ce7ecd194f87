"""Manages browser sessions: each runs in the process that opened it, and any process may serve its page.

Each session has a thread that passes the page's commands from the tables to the player, and the player's events into
the tables.
"""

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.loops import Loop
from storage.base import utc_now
from storage.database import Database
from storage.reports import browser_sessions
from storage.reports.browser_sessions import CommandRecord

log = structlog.get_logger()

MOST_OPEN = 10
POLL_S = 0.08
"""Interval of reading the person's actions: a third of a noticeable delay."""
HEARTBEAT_EVERY = timedelta(seconds=5)
PAGE_GONE = timedelta(seconds=60)
LONGEST_SILENCE = timedelta(minutes=15)
LAST_TRIES = 25
"""Attempts to store a session's end."""

Event = dict[str, Any]
Tell = Callable[[Event], None]


class TooManyOpenError(Exception):
    """The most sessions are open already."""


class SessionDriver(Protocol):
    """A call or chat driven by a session. Its methods do not block for long."""

    @property
    def ending(self) -> Event | None:
        """Return the closing message; None while it is open."""
        ...

    def begin(self) -> None:
        """Start."""
        ...

    def do(self, command: CommandRecord) -> None:
        """Perform a person's action."""
        ...

    def leave(self, reason: str) -> None:
        """End it."""
        ...


@dataclass(frozen=True)
class SessionRequest:
    """A request to open a session. number: the person's; None: the first free one of `numbers`."""

    kind: str
    number: str | None
    numbers: Sequence[str]
    player: Callable[[str, Tell], SessionDriver]
    """Creates the player from the number and its event callback."""


class BrowserSessions:
    """The browser sessions of this process. Thread-safe. clock: for all stored times."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._sessions: list[BrowserSession] = []

    def open(self, opening: SessionRequest) -> str:
        """Open a session, and return its key. Raises TooManyOpenError, SQLAlchemyError."""
        key, now = secrets.token_urlsafe(24), self._clock()
        with self._database.write() as connection:
            browser_sessions.hold_all(connection)
            in_use = browser_sessions.numbers_in_use(connection, now)
            if len(in_use) >= MOST_OPEN:
                raise TooManyOpenError
            number = opening.number or _free(opening.numbers, in_use)
            browser_sessions.forget_old(connection, now)
            phone_id = browser_sessions.open_phone(connection, key, opening.kind, number, now)
        session = BrowserSession(self._database, phone_id, self._clock)
        session.begin(lambda tell: opening.player(number, tell))
        with self._lock:
            self._sessions = [each for each in self._sessions if each.is_alive] + [session]
        return key

    def close(self) -> None:
        """End this process's sessions, so that their pages know at once."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()
        for session in sessions:
            session.join()


class BrowserSession:
    """A session in its own process."""

    def __init__(self, database: Database, phone_id: int, clock: Callable[[], datetime]) -> None:
        self._database, self._id, self._clock = database, phone_id, clock
        self._events: list[Event] = []
        self._told = 0
        self._is_begun = self._is_closed = False
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._busy_at = self._heartbeat_at = clock()
        self._loop = Loop("browser-phone", self._play, longest_pause_s=1, is_vital=False)
        self._player: SessionDriver

    @property
    def is_alive(self) -> bool:
        """Return whether it is still open."""
        return self._loop.is_alive

    def begin(self, make: Callable[[Tell], SessionDriver]) -> None:
        """Start the player and its thread."""
        self._player = make(self.tell)
        self._loop.start()

    def tell(self, event: Event) -> None:
        """Send an event to the page. Callable from any thread."""
        with self._lock:
            self._events.append(event)
        self._woken.set()

    def close(self) -> None:
        """End it without waiting for the server's reply: the server is stopping."""
        self._is_closed = True
        self._player.leave("closed")
        self._woken.set()

    def join(self) -> None:
        """Wait up to 3 s for its end to be stored."""
        self._loop.join(3)

    def _play(self) -> bool:
        """Do one round of it; return False after the last one."""
        if not self._is_begun:
            self._is_begun = True
            self._player.begin()
        if self._player.ending is None and not self._is_closed:
            try:
                self._run_once()
            finally:
                self._leave_if_alone()
            self._woken.wait(POLL_S)
            self._woken.clear()
            return True
        self.tell({"kind": "over", **(self._player.ending or {"reason": "closed"})})
        self._write_end()
        return False

    def _run_once(self) -> None:
        try:
            self._flush()
            for command in self._take():
                self._busy_at = self._clock()
                self._player.do(command)
            self._send_heartbeat()
        except SQLAlchemyError as error:  # such as a lock: unsaved events remain for the next attempt
            log.warning("browser_phone_not_kept", error=type(error).__name__)

    def _leave_if_alone(self) -> None:
        now = self._clock()
        if now - self._busy_at > LONGEST_SILENCE:
            self._player.leave("idle")
        if now - self._heartbeat_at > browser_sessions.STALE:  # the page shows it as lost by now
            self._player.leave("lost")

    def _flush(self) -> None:
        with self._lock:
            events = list(enumerate(self._events, start=self._told + 1))
        if not events:
            return
        with self._database.write() as connection:
            browser_sessions.add_events(connection, self._id, events)
        with self._lock:
            del self._events[: len(events)]
            self._told += len(events)

    def _take(self) -> list[CommandRecord]:
        with self._database.read() as connection:
            commands = browser_sessions.commands_of(connection, self._id)
        if commands:
            with self._database.write() as connection:
                browser_sessions.take_commands(connection, commands)
        return commands

    def _send_heartbeat(self) -> None:
        now = self._clock()
        if timedelta() <= now - self._heartbeat_at < HEARTBEAT_EVERY:
            return
        with self._database.write() as connection:
            seen_at = browser_sessions.beat(connection, self._id, now)
        self._heartbeat_at = now
        if now - seen_at > PAGE_GONE:
            self._player.leave("page gone")

    def _write_end(self) -> None:
        for _ in range(LAST_TRIES):
            try:
                self._flush()
                with self._database.write() as connection:
                    browser_sessions.end_phone(connection, self._id, self._clock())
            except SQLAlchemyError as error:
                log.warning("browser_phone_not_ended", error=type(error).__name__)
                self._woken.clear()
                self._woken.wait(POLL_S)
            else:
                return


def _free(numbers: Sequence[str], in_use: Sequence[str]) -> str:
    return next((number for number in numbers if number not in in_use), numbers[0])
