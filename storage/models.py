"""The tables. A phone conversation is one call; a turn is an utterance and the answer to it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.login_tries import LoginTry  # noqa: F401  (tables of ours, kept beside their queries)
from storage.reports.browser_sessions import BrowserPhone  # noqa: F401  (likewise)


def _where(condition: str) -> dict[str, Any]:
    """Return what makes an index one of some rows alone."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


LONGEST_CALL = timedelta(hours=4)
"""Twilio ends every call by then."""


class TurnState(StrEnum):
    """What becomes of the answer of a turn. Only WRITING changes; the others are ends."""

    WRITING = "writing"
    COMPLETE = "complete"
    HELD = "held"  # not sent: a person took over before it could be
    FAILED = "failed"  # it ends in an apology
    SUPERSEDED = "superseded"  # the caller spoke again before it was ready
    CANCELLED = "cancelled"  # the call ended, or a person took over


class Ending(StrEnum):
    """What comes after the words of an answer."""

    GATHER = "gather"
    HANG_UP = "hang-up"
    TRANSFER = "transfer"
    TAKE_MESSAGE = "take-message"


class TurnKind(StrEnum):
    """How an utterance came in."""

    SPEECH = "speech"
    DIGITS = "digits"
    TEXT = "text"  # written
    MESSAGE = "message"  # what somebody asked us to pass on
    TIME_UP = "time-up"  # nobody's words: the call was as long as it may be


class MessageStatus(StrEnum):
    """What became of a written message. The first two are of those that came in."""

    RECEIVED = "received"
    SETTLED = "settled"  # in a turn, or nothing that the assistant answers
    WAITING = "waiting"  # to be sent
    CLAIMED = "claimed"  # in the reply to a webhook; under which SID, a receipt will tell
    SENDING = "sending"  # the provider may have it
    QUEUED = "queued"  # the provider has it; from here on its own words
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    HELD = "held"  # not sent: a person took over before it could be
    FAILED = "failed"


LOST = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)
"""What did not reach anybody, as the provider says."""


class ServedKind(StrEnum):
    """What a request for an answer was given."""

    WORDS = "words"
    FILLER = "filler"


class Contact(Base):
    """A person, over channels. The simulator's contacts are apart from real ones of the same number."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("address", "simulated"), Index("ix_contacts_wrote_at", "wrote_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(120))
    """E.164; for a withheld number, "withheld:" and the CallSid, so that nobody shares its memory."""
    simulated: Mapped[bool]
    name: Mapped[str] = mapped_column(String(80), default="")
    """As they call themselves on WhatsApp."""
    whatsapp_address: Mapped[str] = mapped_column(String(120), default="")
    """As the provider writes it, which is not always the number that they call from."""
    wrote_at: Mapped[datetime | None]
    """When they last wrote: free text may be sent to them for 24 hours after that."""
    opted_out_at: Mapped[datetime | None]
    stop_asked_at: Mapped[datetime | None]
    """When we asked whether a word was meant to end our messages; it is asked once."""
    created_at: Mapped[datetime]


class Conversation(Base):
    """With one contact on one channel. On the phone that is one call, on WhatsApp all that is ever written."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_contact_id_created_at", "contact_id", "created_at"),
        # One for each channel: an index with the channel in it would be taken for queries that it makes slow
        Index("ix_conversations_phone", "created_at", **_where("channel = 'phone'")),
        Index("ix_conversations_whatsapp", "created_at", **_where("channel = 'whatsapp'")),
        Index("ix_conversations_chat", "created_at", **_where("channel = 'chat'")),
        Index("ix_conversations_human_until", "human_until", **_where("human_until IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    """`phone:` and the CallSid, or `whatsapp:` and the contact's id."""
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    channel: Mapped[str] = mapped_column(String(20))
    background: Mapped[str] = mapped_column(default="")
    """What the model is told of the contact's earlier conversations: topics, never particulars."""
    summary: Mapped[str] = mapped_column(default="")
    summary_upto: Mapped[int] = mapped_column(default=0)
    """The number of the last turn that the summary covers."""
    topic: Mapped[str] = mapped_column(default="")
    """What it was about, in a few words without particulars: all that a later conversation is told."""
    our_address: Mapped[str] = mapped_column(String(120), default="")
    """Which of our numbers they wrote to."""
    provider: Mapped[str] = mapped_column(String(20), default="twilio")
    """Who brings its written messages, and takes ours."""
    human_until: Mapped[datetime | None]
    """The assistant is silent until then: a person has taken over."""
    human: Mapped[str] = mapped_column(String(80), default="")
    """Who that is, where it is known."""
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Call(Base):
    """A phone call as Twilio reports it."""

    __tablename__ = "calls"
    __table_args__ = (Index("ix_calls_ended_at_started_at", "ended_at", "started_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_sid: Mapped[str] = mapped_column(String(64), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    direction: Mapped[str] = mapped_column(String(20))
    from_number: Mapped[str] = mapped_column(String(120))
    to_number: Mapped[str] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(20))
    answered_by: Mapped[str | None] = mapped_column(String(30))
    duration_s: Mapped[int | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Turn(Base):
    """An utterance and the answer to it; while the answer is written, also who writes it."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("conversation_id", "number"),
        Index("ix_turns_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    heard: Mapped[str]
    confidence: Mapped[float | None]

    state: Mapped[str] = mapped_column(String(20))
    sentences: Mapped[list[str]] = mapped_column(JSON)
    """The answer so far, cut where it can be spoken; joined, it is the text to the letter."""
    ending: Mapped[str | None] = mapped_column(String(20))
    failures: Mapped[int] = mapped_column(default=0)
    """How many turns in a row, this one included, the model gave no answer to."""
    error: Mapped[str | None] = mapped_column(String(200))
    owner: Mapped[str] = mapped_column(String(80))
    epoch: Mapped[int] = mapped_column(default=1)
    beat_at: Mapped[datetime]

    heard_upto: Mapped[int | None]
    """How many characters the caller can have heard before interrupting; None: all that was served."""
    model: Mapped[str | None] = mapped_column(String(80))
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    first_token_ms: Mapped[int | None]
    first_sentence_ms: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Served(Base):
    """What one request for an answer was given, kept before it is sent, so that a replay gets the same."""

    __tablename__ = "served"
    __table_args__ = (UniqueConstraint("turn_id", "start", "wait"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id"))
    start: Mapped[int]
    wait: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    upto: Mapped[int]
    """The position after the last sentence served."""
    ending: Mapped[str | None] = mapped_column(String(20))
    """None: there is more to come."""
    filler: Mapped[int | None]
    """Which of the language's fillers was said."""
    at: Mapped[datetime]


class ToolRun(Base):
    """A tool that ran for a turn, kept so that a takeover does not run it again."""

    __tablename__ = "tool_runs"
    __table_args__ = (UniqueConstraint("turn_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id"))
    key: Mapped[str] = mapped_column(String(120))
    """The tool's name and a digest of its arguments."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """None while it runs."""
    created_at: Mapped[datetime]


class Handoff(Base):
    """A conversation that goes to a person."""

    __tablename__ = "handoffs"
    __table_args__ = (
        UniqueConstraint("conversation_id", "turn_number"),
        Index("ix_handoffs_owner", "owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    turn_number: Mapped[int | None]
    """The turn that led to it; None: somebody else asked for it."""
    source: Mapped[str] = mapped_column(String(20), default="assistant")
    """Who asked for it: assistant, words, key, failure, api, operator."""
    request_key: Mapped[str | None] = mapped_column(String(200), index=True)
    """By which an asker from outside asks again for the same."""
    number: Mapped[str] = mapped_column(String(40), default="")
    """The contact's, as an asker from outside wrote it."""
    reason: Mapped[str]
    summary: Mapped[str]
    context: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="")
    """What the caller asked us to pass on, where nobody could take the call."""
    state: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str] = mapped_column(String(120), default="")
    """The number of the seller who took it, or the operator's name."""
    owned_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Offer(Base):
    """A handoff offered to a seller."""

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("handoff_id", "seller"),
        Index("ix_offers_seller_state", "seller", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoffs.id"))
    seller: Mapped[str] = mapped_column(String(20))
    """Their number, E.164."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    """The notice that they were sent."""
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Mirror(Base):
    """A contact's place in Chatwoot. conversation_id: Chatwoot's number for it; None: not known yet."""

    __tablename__ = "mirrors"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), unique=True)
    source_id: Mapped[str] = mapped_column(String(120), index=True)
    conversation_id: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime]


class MirrorItem(Base):
    """Something that people are to see in Chatwoot, in the order of its ids for each contact."""

    __tablename__ = "mirror_items"
    __table_args__ = (Index("ix_mirror_items_contact_id_state_id", "contact_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    ref: Mapped[str] = mapped_column(String(80), unique=True)
    """What it shows, so that it is shown once: "message:12", "turn:5", "handoff:3"."""
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(default="")
    """The words of a note; a message's and a turn's are read when it is shown."""
    state: Mapped[str] = mapped_column(String(20))
    step: Mapped[int] = mapped_column(default=0)
    """How many of the messages that it consists of are there."""
    remote_id: Mapped[int | None] = mapped_column(index=True)
    """Chatwoot's id of its last message."""
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class WebhookEvent(Base):
    """A webhook that was taken, so that it is taken once."""

    __tablename__ = "webhook_events"
    __table_args__ = (UniqueConstraint("source", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(160))
    received_at: Mapped[datetime] = mapped_column(index=True)


class Message(Base):
    """A written message, in or out."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("turn_id", "part"),
        Index("ix_messages_conversation_id_status", "conversation_id", "status"),
        Index("ix_messages_conversation_id_outbound_id", "conversation_id", "outbound", "id"),
        # A day's messages are counted without looking at them, and so are those of it that were lost
        Index("ix_messages_created_at_outbound_conversation_id", "created_at", "outbound", "conversation_id"),
        Index("ix_messages_lost", "id", **_where("status IN ('failed', 'undelivered')")),
        Index("ix_messages_lost_created_at", "created_at", **_where("status IN ('failed', 'undelivered')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turns.id"), index=True)
    """The turn that it was put into, or that it answers."""
    part: Mapped[int | None]
    """Which part of the turn's answer it is; None for what came in, and for what answers no turn."""
    outbound: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[str]
    sid: Mapped[str | None] = mapped_column(String(255), unique=True)
    """The provider's: Twilio's are of 34 characters, those of WhatsApp itself longer."""
    token: Mapped[str | None] = mapped_column(String(100), unique=True)
    """The provider's idempotency token of the webhook that brought it."""
    status: Mapped[str] = mapped_column(String(20))
    error_code: Mapped[int | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    """How often the provider took it and then could not deliver it for now."""
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """The files that came with it: the provider's links, and what they turned out to be."""
    author: Mapped[str] = mapped_column(String(80), default="")
    """Who of ours wrote it, where that was not the assistant."""


class Pace(Base):
    """When one of our numbers may send its next message."""

    __tablename__ = "paces"

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(String(120), unique=True)
    next_at: Mapped[datetime]


class WorkerLease(Base):
    """A name that one worker at a time runs under."""

    __tablename__ = "worker_slots"

    id: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(String(60), unique=True)
    """A WORKER_ID, or HOUSEKEEPING of jobs/leases.py."""
    holder: Mapped[str | None] = mapped_column(String(200))
    """Host, process and a random part, so that no two processes can ever be taken for each other."""
    beat_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
