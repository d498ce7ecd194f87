"""Conversations of both channels: the list, the search, and a live page for each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from conversation import service_window
from dashboard import query_params
from dashboard.actions import CannotBeDone, Operators, may_retry
from dashboard.auth import next_page
from dashboard.blueprint import bp
from dashboard.charts.latency import plot
from dashboard.error_messages import reason_for_message, sentence_of
from dashboard.formatting import zone
from dashboard.layout import render
from dashboard.live_updates import TooManyViewers, topic_of, version
from dashboard.pages.transcript import Entry, Transcript, read_transcript
from dashboard.query_params import ID
from dashboard.services import services
from storage.base import utc_now
from storage.reports import conversations as browsing
from storage.reports import search, transcripts
from storage.reports.conversations import ConversationRow, Filter, State
from storage.reports.lists import MessageRow
from storage.reports.search import Depth, Hits, Person
from storage.reports.transcripts import TalkRecord
from translations import lazy_gettext

MOST_LOOKED_FOR = 100
DONE = {
    "take-over": lazy_gettext("The conversation is yours: the assistant is silent."),
    "write": lazy_gettext(
        "The message is on its way. The assistant is silent until you give the conversation back."
    ),
    "give-back": lazy_gettext("The assistant answers again."),
    "hand-off": lazy_gettext("A person has been told."),
    "opt-out": lazy_gettext("Nothing more is sent to them of our own accord."),
    "opt-in": lazy_gettext("They receive messages again."),
    "hang-up": lazy_gettext("The call was ended."),
    "transfer": lazy_gettext("A person is being called."),
    "take-handoff": lazy_gettext("It is yours."),
    "retry": lazy_gettext("It is being sent again."),
}
"""Confirmation messages by action."""
ACTIONS: dict[str, Callable[[Operators, int], None]] = {
    "take-over": lambda operators, id_: operators.take_over(id_),
    "write": lambda operators, id_: operators.write(id_, request.form.get("words", "")),
    "give-back": lambda operators, id_: operators.give_back(id_),
    "hand-off": lambda operators, id_: operators.hand_off(id_, request.form.get("reason", "")),
    "take-handoff": lambda operators, id_: operators.take_handoff(
        id_, query_params.row_id(request.form.get("handoff", "")) or 0
    ),
    "opt-out": lambda operators, id_: operators.opt_out(id_, out=True),
    "opt-in": lambda operators, id_: operators.opt_out(id_, out=False),
    "hang-up": lambda operators, id_: operators.hang_up(id_),
    "transfer": lambda operators, id_: operators.transfer(id_),
}
"""The actions on a conversation's page, by the last part of the URL."""
_ANY_ACTION = ", ".join(f"'{action}'" for action in ACTIONS)


@dataclass(frozen=True, slots=True)
class ConversationDetails:
    """The data of a conversation's page. others: the contact's other conversations; empty in live updates."""

    record: TalkRecord
    transcript: Transcript
    others: list[ConversationRow]
    version: str
    now: datetime

    @property
    def is_held(self) -> bool:
        """Return whether a person has taken it over."""
        until = self.record.human_until
        return until is not None and until > self.now and self.record.closed_at is None

    @property
    def is_window_open(self) -> bool:
        """Return whether free text is believed to reach the contact."""
        return service_window.is_open(self.record.wrote_at, self.now)

    @property
    def waiting(self) -> int | None:
        """Return the id of the handoff that waits for a person."""
        notes = [entry.handoff for entry in self.transcript.entries if entry.handoff is not None]
        return next((note.id for note in reversed(notes) if note.waits), None)

    def may_retry(self, entry: Entry) -> bool:
        """Return whether resending a message can help."""
        record = self.record
        return entry.message is not None and may_retry(
            MessageRow(
                entry.message,
                record.name,
                record.number,
                record.simulated,
                record.provider,
                record.opted_out_at,
            ),
        )


@bp.get("/conversations")
def conversations() -> str:
    """Show the list, or the search's results."""
    looked_for = " ".join(request.args.get("q", "").split())[:MOST_LOOKED_FOR]
    with services().database.read() as connection:
        if looked_for:
            return _search_page(connection, looked_for)
        return _list_page(connection)


@bp.get(f"/conversations/<{ID}:conversation_id>")
def conversation(conversation_id: int) -> str:
    """Show a conversation."""
    before = query_params.whole("before")
    with services().database.read() as connection:
        seen = version(connection, topic_of(conversation_id))  # first, so that no change is missed
        found = _read(connection, conversation_id, before, seen=seen)
        found = replace(found, others=_others(connection, found.record))
    return _conversation_page("conversation.html", found, is_followed=before is None)


@bp.get(f"/conversations/<{ID}:conversation_id>/transcript")
def transcript(conversation_id: int) -> ResponseReturnValue:
    """Show the changing part of a conversation; 204 if the page is up to date."""
    with services().database.read() as connection:
        seen = version(connection, topic_of(conversation_id))
        if request.args.get("seen") == seen:
            return "", 204
        found = _read(connection, conversation_id, None, seen=seen)
    return _conversation_page("conversation_live.html", found, is_followed=True)


@bp.get(f"/conversations/<{ID}:conversation_id>/live")
def follow_conversation(conversation_id: int) -> ResponseReturnValue:
    """Stream the changes of a conversation."""
    return stream(topic_of(conversation_id))


@bp.post(f"/conversations/<{ID}:conversation_id>/<any({_ANY_ACTION}):action>")
def act(conversation_id: int, action: str) -> ResponseReturnValue:
    """Perform an operator's action on a conversation's page."""
    page = url_for("dashboard.conversation", conversation_id=conversation_id)
    return done(action, lambda: ACTIONS[action](services().operators, conversation_id), page)


def done(action: str, do: Callable[[], None], otherwise: str) -> ResponseReturnValue:
    """Perform an action and redirect with its result. otherwise: the target, if the form names none."""
    try:
        do()
    except CannotBeDone as error:
        flash(sentence_of(error), "bad")
    else:
        flash(str(DONE[action]), "good")
    back = request.form.get("back", "")
    return redirect(next_page(back) if back else otherwise, 303)


def stream(topic: str) -> ResponseReturnValue:
    """Return a stream of a topic's changes; 503 above the limit, and the page polls by itself."""
    try:
        events = services().live.watch(topic, request.args.get("seen", "")[:64])
    except TooManyViewers:
        return Response(status=503, headers={"Retry-After": "30"})
    # X-Accel-Buffering: nginx would hold events back until its buffer is full
    return Response(events, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


# A conversation


def _read(
    connection: Connection, conversation_id: int, before: int | None, *, seen: str
) -> ConversationDetails:
    record = transcripts.talk(connection, conversation_id)
    if record is None:
        abort(404)
    return ConversationDetails(record, read_transcript(connection, record, before), [], seen, utc_now())


def _others(connection: Connection, record: TalkRecord) -> list[ConversationRow]:
    ids = transcripts.other_ids(connection, record.contact_id, record.id)
    rows = browsing.rows_by_id(connection, ids) if ids else {}
    return [rows[id_] for id_ in ids]


def _conversation_page(template: str, found: ConversationDetails, *, is_followed: bool) -> str:
    return render(
        template,
        here="conversations",
        found=found,
        record=found.record,
        plot=plot(found.transcript.waits_ms),
        calls=services().operators.calls,
        reason_for=reason_for_message,
        is_followed=is_followed,
        is_full=services().live.is_full,
    )


# The list


def _list_page(connection: Connection) -> str:
    wanted = _wanted()
    page = browsing.conversations(connection, wanted, utc_now(), after=query_params.position("after"))
    chosen = {
        name: request.args[name] for name in ("channel", "state", "day", "contact") if request.args.get(name)
    }
    following = None if page.next is None else _url(chosen | {"after": query_params.position_text(page.next)})
    return render(
        "conversations.html",
        here="conversations",
        rows=page.rows,
        following=following,
        chosen=chosen,
        channels=browsing.CHANNELS,
        states=list(State),
        is_first="after" not in request.args,
        now=utc_now(),
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
    hits: Hits = search.words(connection, looked_for, since=depth)
    rows = browsing.rows_by_id(connection, [hit.conversation_id for hit in hits.hits]) if hits.hits else {}
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


def _depth() -> Depth | None:
    turn_id, message_id = query_params.whole("turn"), query_params.whole("message")
    return None if turn_id is None or message_id is None else Depth(turn_id, message_id)
