"""A live page for each conversation, on any channel, and what operators do there."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from conversation import service_window
from dashboard import query_params
from dashboard.actions.operators import Operators
from dashboard.actions.refusals import CannotBeDone, DoneBefore
from dashboard.actions.retries import may_retry
from dashboard.auth import next_page
from dashboard.blueprint import bp
from dashboard.charts.latency import plot
from dashboard.error_messages import reason_for_message, sentence_of
from dashboard.forms import sent_form
from dashboard.layout import render
from dashboard.live_updates import TooManyViewers, topic_of, version
from dashboard.operator_names import operator_name
from dashboard.pages.transcript import Entry, Transcript, read_transcript
from dashboard.query_params import ID
from dashboard.services import services
from storage.base import utc_now
from storage.identities.merging import MergeRecord, merges_of
from storage.reports import conversations as browsing
from storage.reports import states, transcripts
from storage.reports.conversations import ConversationRow
from storage.reports.lists import MessageRow
from storage.reports.states import OpenHandoff, State
from storage.reports.transcripts import ConversationReport
from translations import Message, lazy_gettext

DONE = {
    "take-over": lazy_gettext("The conversation is yours: the assistant is silent."),
    "write": lazy_gettext(
        "The message is on its way. The assistant is silent until you give the conversation back."
    ),
    "give-back": lazy_gettext("The assistant answers again."),
    "hand-off": lazy_gettext("It waits for a person now."),
    "opt-out": lazy_gettext("Nothing more is sent to them of our own accord."),
    "opt-in": lazy_gettext("They receive messages again."),
    "hang-up": lazy_gettext("The call was ended."),
    "transfer": lazy_gettext("A person is being called."),
    "take-handoff": lazy_gettext("It is yours."),
    "settle-handoff": lazy_gettext("It is marked as done."),
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
    "settle-handoff": lambda operators, id_: operators.settle_handoff(
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
    """The data of a conversation's page. handoffs: those that nobody has taken. others: the contact's other
    conversations, merges: what was taken for them or from them; both empty in live updates.
    """

    record: ConversationReport
    transcript: Transcript
    handoffs: list[OpenHandoff]
    others: list[ConversationRow]
    version: str
    now: datetime
    merges: list[MergeRecord] = field(default_factory=list)

    @property
    def state(self) -> State:
        """Return who looks after it."""
        record = self.record
        return states.state_of(record.channel, record.closed_at, record.human_until, self.handoffs, self.now)

    @property
    def is_held(self) -> bool:
        """Return whether a person has taken it over."""
        return self.state is State.PERSON

    @property
    def is_window_open(self) -> bool:
        """Return whether free text is believed to reach the contact."""
        return service_window.is_open(self.record.wrote_at, self.now)

    @property
    def waiting(self) -> int | None:
        """Return the id of the handoff that waits for a person."""
        return next((handoff.id for handoff in reversed(self.handoffs) if handoff.missed_at is None), None)

    @property
    def missed(self) -> int | None:
        """Return the id of the handoff to which nobody came."""
        return next((handoff.id for handoff in reversed(self.handoffs) if handoff.missed_at), None)

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


@bp.get(f"/conversations/<{ID}:conversation_id>")
def conversation(conversation_id: int) -> ResponseReturnValue:
    """Show a conversation, or the one that it is shown with as one."""
    before = query_params.whole("before")
    with services().database.read() as connection:
        shown = transcripts.shown_as(connection, conversation_id)
        if shown != conversation_id:
            return redirect(url_for("dashboard.conversation", conversation_id=shown))
        seen = version(connection, topic_of(conversation_id))  # first, so that no change is missed
        found = _read(connection, conversation_id, before, seen=seen)
        merges = [
            merge for merge in merges_of(connection, found.record.contact_id) if merge.undone_at is None
        ]
        found = replace(found, others=_others(connection, found.record), merges=merges)
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
    return done(action, lambda operators: ACTIONS[action](operators, conversation_id), page)


def done(action: str, do: Callable[[Operators], None], otherwise: str) -> ResponseReturnValue:
    """Perform an action, once for each form, and redirect with its result.

    otherwise: the target, if the form names none.
    """
    return performed(
        lambda: do(services().operators.once(sent_form(), operator_name())), DONE[action], otherwise
    )


def performed(do: Callable[[], str | None], said: Message, otherwise: str) -> ResponseReturnValue:
    """Perform what a form asks for, and redirect with its result. said: if it was done, now or before.

    do: returns what is said in place of that; None: there is no more to say. otherwise: the target, if the form names
    none.
    """
    words = None
    try:
        with suppress(DoneBefore):
            words = do()
    except CannotBeDone as error:
        flash(sentence_of(error), "bad")
    else:
        flash(words or str(said), "good")
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
    record = transcripts.conversation(connection, conversation_id)
    if record is None:
        abort(404)
    handoffs = states.open_handoffs(connection, {record.id: transcripts.thread(connection, record.id)})
    read = read_transcript(connection, record, services().profile.phrases.fillers, before)
    return ConversationDetails(record, read, handoffs[record.id], [], seen, utc_now())


def _others(connection: Connection, record: ConversationReport) -> list[ConversationRow]:
    ids = transcripts.other_ids(connection, record.contact_id, record.id)
    rows = browsing.rows_by_id(connection, ids, utc_now())
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
        reaches_people=services().reaches_people,
    )
