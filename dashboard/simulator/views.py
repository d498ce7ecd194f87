"""Shared views of the browser's phone and WhatsApp: open a session, act, read events."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue

from dashboard.simulator.sessions import (
    BrowserSessions,
    Event,
    SessionDriver,
    SessionRequest,
    Tell,
    TooManyOpenError,
)
from phone_numbers import parse_e164
from simulator.local_server import PERSON, LocalServer, is_reachable
from storage.base import is_near, utc_now
from storage.database import Database
from storage.reports import browser_sessions
from storage.reports.browser_sessions import PhoneRecord
from translations import gettext as _

PERSONS = tuple(f"{PERSON[:-2]}{last:02}" for last in range(1, 100))
"""Fictional numbers. A browser gets the first free one, so a single browser always has the same."""

READ_WAIT_S = 2.0
"""Longest wait for events in one request: a stopping server waits for it."""
READ_AGAIN_S = 0.08
SEEN_EVERY = timedelta(seconds=10)
LONGEST_TEXT = 1_000

MakePlayer = Callable[[str, Tell], SessionDriver]


class BadRequestError(Exception):
    """The request is invalid. The message is one sentence for the person."""


@dataclass(frozen=True)
class SimulatorViews:
    """The views of browser sessions.

    deliver: sends a number's pending messages to the REST API at a URL. language: the assistant's ("es-ES").
    """

    server: LocalServer
    database: Database
    sessions: BrowserSessions
    deliver: Callable[[str, str], None]
    language: str
    clock: Callable[[], datetime] = utc_now

    def open(self, kind: str, number: str | None, make: Callable[[str], MakePlayer]) -> ResponseReturnValue:
        """Open a session for a page. make: creates the player from the server's URL."""
        url = self.server.url
        if not is_reachable(url):
            return _problem(
                _("The server cannot be reached at {url}: check HOST and PORT.").format(url=url), 503
            )
        try:
            key = self.sessions.open(SessionRequest(kind, number, PERSONS, make(url)))
        except TooManyOpenError:
            return _problem(
                _(
                    "Ten phones are open already, which is all that fit here. Hang up another, or wait a minute."
                ),
                503,
            )
        return jsonify(key=key), 201

    def do(
        self, kind: str, key: str, verb: str, body: dict[str, Any], content: bytes | None = None
    ) -> ResponseReturnValue:
        """Pass the person's action to the session's process."""
        phone = self._find(kind, key)
        if phone.is_over:
            return _problem(_("It is over."), 409)
        with self.database.write() as connection:
            browser_sessions.add_command(connection, phone.id, verb, body, content)
        return "", 204

    def events(self, kind: str, key: str) -> ResponseReturnValue:
        """Return the events after the page's last one, as soon as there are any, or none after 2 s."""
        after, deadline = request.args.get("after", 0, type=int), time.monotonic() + READ_WAIT_S
        self._note_seen(self._find(kind, key))
        while True:
            # Read before its events: a finished session has stored its last event.
            phone = self._find(kind, key)
            events = self._events(phone, after)
            if events or phone.is_over or time.monotonic() > deadline:
                return jsonify(events=events, over=phone.is_over and not events)
            time.sleep(READ_AGAIN_S)

    def _events(self, phone: PhoneRecord, after: int) -> list[Event]:
        with self.database.read() as connection:
            found = browser_sessions.events_after(connection, phone.id, after)
        return [{"n": number, **body} for number, body in found]

    def _find(self, kind: str, key: str) -> PhoneRecord:
        with self.database.read() as connection:
            phone = browser_sessions.find_phone(connection, key, self.clock())
        if phone is None or phone.kind != kind:
            abort(404)
        return phone

    def _note_seen(self, phone: PhoneRecord) -> None:
        now = self.clock()
        if is_near(phone.seen_at, now, SEEN_EVERY):
            return
        with self.database.write() as connection:
            browser_sessions.note_seen(connection, phone.id, now)


def asked() -> Mapping[str, Any]:
    """Return the request's JSON object. Aborts with 400 if there is none."""
    given = request.get_json()
    if not isinstance(given, dict):
        abort(400)
    return given


def text_in(given: Mapping[str, Any], name: str, most: int = LONGEST_TEXT) -> str:
    """Return a field's words, in one line."""
    value = given.get(name)
    return " ".join(value.split())[:most] if isinstance(value, str) else ""


def number_in(given: Mapping[str, Any], *, may_withhold: bool = False) -> str | None:
    """Return the person's number; None for an empty field. Raises BadRequestError."""
    number = text_in(given, "number", 40)
    if not number or (may_withhold and number == "anonymous"):
        return number or None
    try:
        return parse_e164(number)
    except ValueError as error:
        raise BadRequestError(
            _("There can be no such number: write it with its country code, such as +34600000001.")
        ) from error


def refused(error: BadRequestError) -> ResponseReturnValue:
    """Return the response to an invalid request."""
    return _problem(str(error), 422)


def _problem(sentence: str, status: int) -> ResponseReturnValue:
    return jsonify(problem=sentence), status
