"""Labels stored codes for operators: channels, states, outcomes of calls and messages."""

from collections.abc import Callable, Mapping

from conversation.handoff import Source
from conversation.handoff_states import State as HandoffState
from conversation.message_kinds import DELETED, EDIT
from storage.models import MessageStatus, TurnKind
from storage.reports.lists import CallRow, HandoffRow
from storage.reports.states import State
from storage.reports.transcripts import CallRecord
from translations import Message, lazy_gettext, lazy_pgettext
from translations import gettext as _

CHANNELS: Mapping[str, Message] = {
    "phone": lazy_gettext("Phone"),
    "whatsapp": lazy_gettext("WhatsApp"),
    "chat": lazy_gettext("Terminal"),
}
STATES: Mapping[str, Message] = {
    State.LIVE: lazy_gettext("going on"),
    State.PERSON: lazy_gettext("with a person"),
    State.WAITING: lazy_gettext("waits for a person"),
    State.MISSED: lazy_gettext("nobody came"),
    State.ASSISTANT: lazy_gettext("The assistant answers"),
    State.OVER: lazy_gettext("over"),
}
CALL_STATUSES: Mapping[str, Message] = {
    "queued": lazy_gettext("queued"),
    "initiated": lazy_gettext("initiated"),
    "ringing": lazy_gettext("ringing"),
    "in-progress": lazy_gettext("going on"),
    "completed": lazy_gettext("over"),
    "busy": lazy_gettext("busy"),
    "failed": lazy_pgettext("of a call", "failed"),
    "no-answer": lazy_gettext("no answer"),
    "canceled": lazy_gettext("cancelled"),
}
"""By Twilio's names: https://www.twilio.com/docs/voice/api/call-resource#call-status-values."""
DIRECTIONS: Mapping[str, Message] = {
    "inbound": lazy_gettext("incoming"),
    "outbound-api": lazy_gettext("outgoing"),
    "outbound-dial": lazy_gettext("outgoing"),
}
ANSWERERS: Mapping[str, Message] = {
    "human": lazy_gettext("a person"),
    "machine_start": lazy_gettext("a machine"),
    "machine_end_beep": lazy_gettext("a machine"),
    "machine_end_silence": lazy_gettext("a machine"),
    "machine_end_other": lazy_gettext("a machine"),
    "fax": lazy_gettext("a fax"),
    "unknown": lazy_gettext("not known"),
}
"""Labels of Twilio's AnsweredBy for outbound calls."""
MESSAGE_STATUSES: Mapping[str, Message] = {
    MessageStatus.RECEIVED: lazy_gettext("received"),
    MessageStatus.SETTLED: lazy_gettext("received"),
    MessageStatus.WAITING: lazy_gettext("to be sent"),
    MessageStatus.CLAIMED: lazy_gettext("on its way"),
    MessageStatus.SENDING: lazy_gettext("being sent"),
    MessageStatus.QUEUED: lazy_gettext("queued"),
    MessageStatus.SENT: lazy_gettext("sent"),
    MessageStatus.DELIVERED: lazy_gettext("delivered"),
    MessageStatus.READ: lazy_gettext("read"),
    MessageStatus.UNDELIVERED: lazy_gettext("not delivered"),
    MessageStatus.HELD: lazy_gettext("held back"),
    MessageStatus.FAILED: lazy_pgettext("of a message", "failed"),
}
SOURCES: Mapping[str, Message] = {
    Source.ASSISTANT: lazy_gettext("the assistant"),
    Source.WORDS: lazy_gettext("asked for in words"),
    Source.KEY: lazy_gettext("asked for with a key"),
    Source.FAILURE: lazy_gettext("the assistant could not answer"),
    Source.API: lazy_gettext("another system"),
    Source.OPERATOR: lazy_gettext("somebody at the dashboard"),
}
"""Labels of handoffs' sources."""

HANDOFF_STATES: Mapping[str, Message] = {
    HandoffState.TRANSFERRING: lazy_gettext("a person is being rung"),
    HandoffState.COLLECTING: lazy_gettext("the caller leaves a message"),
    HandoffState.OPEN: lazy_gettext("people are asked"),
    HandoffState.WAITING: lazy_gettext("nobody has come yet"),
    HandoffState.OWNED: lazy_gettext("with a person"),
    HandoffState.CLOSED: lazy_pgettext("of a handoff", "over"),
}
ENTRY_KINDS: Mapping[str, Message] = {
    TurnKind.DIGITS: lazy_gettext("pressed"),
    TurnKind.MESSAGE: lazy_gettext("left a message"),
    EDIT: lazy_gettext("corrected a message"),
    DELETED: lazy_gettext("deleted this message"),
}
"""What somebody did who did not just say or write something."""


def call_status(call: CallRecord | CallRow) -> str:
    """Return a call's status. Twilio reports "ringing" for an inbound call until its end."""
    is_answered = call.direction == "inbound" and call.status == "ringing" and call.ended_at is None
    return _name(CALL_STATUSES, "in-progress" if is_answered else call.status)


def handoff_state(handoff: HandoffRow, reaches_people: bool) -> str:
    """Return a handoff's state. reaches_people: whether anybody is set up to be told of one."""
    if handoff.state == HandoffState.OPEN and handoff.simulated:
        return _("nobody is told of simulated ones")
    if handoff.state == HandoffState.OPEN and not reaches_people:
        return _("nobody is set up to be told")
    return _name(HANDOFF_STATES, handoff.state)


def _name(names: Mapping[str, Message], code: str) -> str:
    """Return a code's label in the reader's language; the code itself if it has none."""
    return str(names.get(code, code))


def _names(names: Mapping[str, Message]) -> Callable[[str], str]:
    return lambda code: _name(names, code)


FILTERS = {
    "call_status": call_status,
    "channel_name": _names(CHANNELS),
    "state_name": _names(STATES),
    "direction_name": _names(DIRECTIONS),
    "answerer_name": _names(ANSWERERS),
    "entry_kind": lambda kind: str(ENTRY_KINDS.get(kind, "")),
    "message_status": _names(MESSAGE_STATUSES),
    "source_name": _names(SOURCES),
    "handoff_state": handoff_state,
}
