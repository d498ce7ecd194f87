"""The list of conversations of every channel, which is looked at again and again, and the search."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from conversation.message_kinds import DESCRIBED
from dashboard import query_params
from dashboard.blueprint import bp
from dashboard.formatting import zone
from dashboard.layout import render
from dashboard.live_updates import digest
from dashboard.marks import without_english_marks
from dashboard.services import services
from storage.base import utc_now
from storage.reports import conversations as browsing
from storage.reports import search
from storage.reports.conversations import Filter, Page
from storage.reports.overview import waiting_handoffs
from storage.reports.search import Depth, Hits, Person
from storage.reports.states import State

MOST_LOOKED_FOR = 100
STATES = (State.WAITING, State.MISSED, State.PERSON, State.LIVE)
"""The states that can be chosen: the others are those of nearly all conversations."""
_MARKED = (search.HEARD, search.FILE, *DESCRIBED)
CHOICES = ("channel", "state", "day", "contact")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list. waiting: people who wait, on every page."""

    page: Page
    waiting: int

    @property
    def seen(self) -> str:
        """Return a value that changes with anything shown."""
        return digest((self.page, self.waiting))


@bp.get("/conversations")
def conversations() -> str:
    """Show the list, or the search's results."""
    looked_for = " ".join(request.args.get("q", "").split())[:MOST_LOOKED_FOR]
    with services().database.read() as connection:
        if looked_for:
            return _search_page(connection, looked_for)
        listed = _read(connection)
    return _page("conversations.html", listed)


@bp.get("/conversations/listed")
def conversations_listed() -> ResponseReturnValue:
    """Show the list alone; 204 if the page is up to date."""
    with services().database.read() as connection:
        listed = _read(connection)
    return ("", 204) if request.args.get("seen") == listed.seen else _page("conversations_live.html", listed)


# The list


def _read(connection: Connection) -> Listed:
    after = query_params.position("after")
    page = browsing.conversations(connection, _wanted(), utc_now(), after=after)
    return Listed(page, waiting_handoffs(connection))


def _page(template: str, listed: Listed) -> str:
    chosen = {name: request.args[name] for name in CHOICES if request.args.get(name)}
    following = listed.page.next
    return render(
        template,
        here="conversations",
        listed=listed,
        following=following and _url(chosen | {"after": query_params.position_text(following)}),
        chosen=chosen,
        channels=browsing.CHANNELS,
        states=STATES,
        is_first="after" not in request.args,
    )


def _wanted() -> Filter:
    """Return the query's filter of conversations; invalid parameters are ignored."""
    channel, state = request.args.get("channel"), request.args.get("state")
    wanted = Filter(
        channel=channel if channel in browsing.CHANNELS else None,
        state=State(state) if state in list(State) else None,
        contact_id=query_params.whole("contact"),
    )
    day = query_params.day("day")
    if day is None:
        return wanted
    since = datetime(day.year, day.month, day.day, tzinfo=zone())
    return replace(wanted, since=since.astimezone(UTC), until=(since + timedelta(days=1)).astimezone(UTC))


def _url(query: dict[str, str]) -> str:
    return f"{url_for('dashboard.conversations')}?{urlencode(query)}"


# The search


def _search_page(connection: Connection, looked_for: str) -> str:
    depth = _depth()
    people: list[Person] = [] if depth is not None else search.people(connection, looked_for)
    hits: Hits = search.words(connection, looked_for, since=depth, shown=_shown)
    rows = browsing.rows_by_id(connection, [hit.conversation_id for hit in hits.hits], utc_now())
    following = None
    if hits.next is not None:
        following = _url(
            {"q": looked_for, "turn": str(hits.next.turn_id), "message": str(hits.next.message_id)}
        )
    return render(
        "search.html",
        here="conversations",
        looked_for=looked_for,
        people=people,
        hits=[(hit, rows[hit.conversation_id]) for hit in hits.hits],
        looked_back_to=hits.looked_back_to,
        following=following,
        is_first=depth is None,
    )


def _shown(what: str, text: str) -> str:
    """Return a text as people of ours read it; what somebody wrote in brackets stays as it is."""
    return without_english_marks(text) if what in _MARKED else text


def _depth() -> Depth | None:
    turn_id, message_id = query_params.whole("turn"), query_params.whole("message")
    return None if turn_id is None or message_id is None else Depth(turn_id, message_id)
