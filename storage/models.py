"""The tables. A phone conversation is one call; a turn is an utterance and the answer to it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, CutString
from storage.ledger.entries import LedgerEntry, LedgerTotal  # noqa: F401  (likewise)
from storage.login_tries import LoginTry  # noqa: F401  (tables of ours, kept beside their queries)
from storage.privacy.models import Erasure, ErasureTask  # noqa: F401  (likewise)
from storage.reports.browser_sessions import BrowserPhone  # noqa: F401  (likewise)


def _where(condition: str) -> dict[str, Any]:
    """Return the options that make an index partial."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


LONGEST_CALL = timedelta(hours=4)
"""Twilio ends every call by then."""


class TurnState(StrEnum):
    """The state of a turn's answer. Only WRITING changes; the others are final."""

    WRITING = "writing"
    COMPLETE = "complete"
    HELD = "held"  # not sent: a person took over before it could be
    FAILED = "failed"  # it ends in an apology
    SUPERSEDED = "superseded"  # the caller spoke again before it was ready
    CANCELLED = "cancelled"  # the call ended, or a person took over


class Ending(StrEnum):
    """The action that follows the words of an answer."""

    GATHER = "gather"
    HANG_UP = "hang-up"
    TRANSFER = "transfer"
    TAKE_MESSAGE = "take-message"


class TurnKind(StrEnum):
    """The form in which an utterance came in."""

    SPEECH = "speech"
    DIGITS = "digits"
    TEXT = "text"  # written
    MESSAGE = "message"  # what somebody asked us to pass on
    TIME_UP = "time-up"  # nobody's words: the call was as long as it may be
    ERASED = "erased"  # nobody's words any more: they were erased, and the turn is counted


class MessageStatus(StrEnum):
    """The status of a written message. The first two are of inbound messages."""

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
"""Statuses of messages that reached nobody, according to the provider."""


class CampaignState(StrEnum):
    """The state of a campaign; what leads from one to another is in messaging/campaigns/states.py."""

    LISTING = "listing"  # its recipients are being kept
    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    TRIAL = "trial"  # it is one call to try another campaign, and no list shows it


class RecipientState(StrEnum):
    """The state of a campaign's recipient. What became of the message after SENT is in its own row."""

    WAITING = "waiting"
    SENDING = "sending"  # the provider may have the message
    SENT = "sent"  # the provider has it
    CALLING = "calling"  # the provider has the call, which is not over
    IN_DOUBT = "in_doubt"  # the provider may have it, and cannot tell
    FAILED = "failed"
    SKIPPED = "skipped"  # nothing was sent


class PauseReason(StrEnum):
    """Why a campaign was paused."""

    OPERATOR = "operator"
    TEMPLATE = "template"  # the provider does not send the template
    ACCOUNT = "account"  # the provider sends nothing of the account's, or of the number's
    UNREACHABLE = "unreachable"  # too many in a row did not arrive


class CampaignChannel(StrEnum):
    """How a campaign reaches people."""

    WHATSAPP = "whatsapp"
    VOICE = "voice"


class SkipReason(StrEnum):
    """Why a campaign's recipient is sent nothing."""

    OPTED_OUT = "opted_out"
    DUPLICATE = "duplicate"
    NEEDS_TEMPLATE = "needs_template"
    NO_PROVIDER = "no_provider"
    WEEKLY_LIMIT = "weekly_limit"
    NO_HOUR = "no_hour"
    PAST = "past"  # the time of the reminder, or what it is about
    NOT_LISTED = "not_listed"  # any more
    ERASED = "erased"


class ServedKind(StrEnum):
    """The kind of reply to a request for an answer."""

    WORDS = "words"
    FILLER = "filler"


class IdentityKind(StrEnum):
    """The kind of an identity."""

    PHONE = "phone"  # the matching form of a number
    WHATSAPP = "whatsapp"  # WhatsApp's business-scoped user id, as received
    WITHHELD = "withheld"  # the id of a call or a conversation with somebody who shows no number


class Contact(Base):
    """A person, over all channels. The simulator's contacts are apart from real ones of the same number.

    They are found by their identities. address, whatsapp_address and whatsapp_user_id are what they are shown and
    reached by, and what versions before identities find them by.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("address", "simulated"),
        Index("ix_contacts_wrote_at", "wrote_at"),
        Index("ix_contacts_simulated", "id", **_where("simulated")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(120))
    """E.164; for a withheld number, "withheld:" and the CallSid, so that nobody shares its memory; for somebody on
    WhatsApp who shows none, "bsuid:" and their user id."""
    simulated: Mapped[bool]
    name: Mapped[str] = mapped_column(String(80), default="")
    """The name that they use on WhatsApp."""
    whatsapp_address: Mapped[str] = mapped_column(String(120), default="")
    """The provider's form of their address, not always the number that they call from; empty without a number."""
    whatsapp_user_id: Mapped[str | None] = mapped_column(String(160), index=True)
    """WhatsApp's business-scoped id of theirs, as received, once a message brought one."""
    wrote_at: Mapped[datetime | None]
    """Time of their last message: free text may be sent to them for 24 hours afterwards."""
    opted_out_at: Mapped[datetime | None]
    stop_asked_at: Mapped[datetime | None]
    """Time of our question whether a word was meant to end our messages; it is asked once."""
    whatsapp_of: Mapped[int | None]
    """The contact whose written conversation takes this person's messages, after a merge; None: their own."""
    merged_into: Mapped[int | None]
    """The contact of the same person, to whom everything of this one belongs now."""
    created_at: Mapped[datetime]


class Identity(Base):
    """A number or an id by which a contact is found.

    A retired number finds nobody until it is somebody's again. A retired user id still finds whoever had it, because
    no other person gets it.
    """

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("kind", "value", "scope", "simulated"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(160))
    scope: Mapped[str] = mapped_column(String(120), default="")
    """The provider within whose account a user id is valid; empty for what is valid everywhere."""
    simulated: Mapped[bool]
    written_as: Mapped[str] = mapped_column(String(120), default="")
    """A number as it came, by which it is reached; empty for the other kinds."""
    verified_by: Mapped[str | None] = mapped_column(String(20))
    """The evidence that it is theirs; None: a caller's number, or one that somebody gave."""
    first_seen_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    """The time from which it was no longer theirs."""


class Merge(Base):
    """Identities that went from one contact to another, with all that is needed to undo it."""

    __tablename__ = "merges"

    id: Mapped[int] = mapped_column(primary_key=True)
    from_contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    to_contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[str] = mapped_column(String(20))
    changes: Mapped[list[Any]] = mapped_column(JSON)
    """What was changed, in order: table, id, column, before, after."""
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class Conversation(Base):
    """A conversation with one contact on one channel: a single call, or everything ever written on WhatsApp."""

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
    """The model's background on the contact's earlier conversations: topics, never particulars."""
    summary: Mapped[str] = mapped_column(default="")
    summary_upto: Mapped[int] = mapped_column(default=0)
    """The number of the last turn that the summary covers."""
    topic: Mapped[str] = mapped_column(default="")
    """Its topic in a few words without particulars: all that a later conversation learns of it."""
    our_address: Mapped[str] = mapped_column(String(120), default="")
    """The number of ours that they wrote to."""
    provider: Mapped[str] = mapped_column(String(20), default="twilio")
    """The provider that carries its written messages."""
    human_until: Mapped[datetime | None]
    """The assistant is silent until then: a person has taken over."""
    human: Mapped[str] = mapped_column(String(80), default="")
    """The name of that person, if known."""
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Call(Base):
    """A phone call as Twilio reports it."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_ended_at_started_at", "ended_at", "started_at"),
        Index("ix_calls_recipient_id", "recipient_id", **_where("recipient_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_sid: Mapped[str] = mapped_column(String(64), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    direction: Mapped[str] = mapped_column(String(20))
    from_number: Mapped[str] = mapped_column(String(120))
    to_number: Mapped[str] = mapped_column(String(120))
    forwarded_from: Mapped[str] = mapped_column(CutString(120), default="")
    """The number that was called first, where the carrier says so."""
    transferred_at: Mapped[datetime | None]
    """The last time that an operator transferred it; the assistant's transfers are turns."""
    dial_ended_at: Mapped[datetime | None]
    """The end of its last transfer."""
    status: Mapped[str] = mapped_column(String(20))
    answered_by: Mapped[str | None] = mapped_column(String(30))
    duration_s: Mapped[int | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    recipient_id: Mapped[int | None]
    """The campaign's recipient whom it was for, in whichever attempt."""
    price: Mapped[int | None] = mapped_column(BigInteger)
    """What it cost, in millionths of the currency; None: it is not known yet, or it is no campaign's."""
    currency: Mapped[str | None] = mapped_column(String(3))


class Turn(Base):
    """An utterance and the answer to it, with the answer's writer while it is being written."""

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
    """The answer so far, split into speakable pieces; joined, they are the exact text."""
    ending: Mapped[str | None] = mapped_column(String(20))
    failures: Mapped[int] = mapped_column(default=0)
    """Turns in a row, this one included, for which the model gave no answer."""
    error: Mapped[str | None] = mapped_column(CutString(200))
    owner: Mapped[str] = mapped_column(String(80))
    epoch: Mapped[int] = mapped_column(default=1)
    beat_at: Mapped[datetime]

    heard_upto: Mapped[int | None]
    """Characters that the caller can have heard before interrupting; None: all that was served."""
    model: Mapped[str | None] = mapped_column(CutString(80))
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    first_token_ms: Mapped[int | None]
    first_sentence_ms: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Served(Base):
    """The reply to one request for an answer, stored before it is sent, so that a replay gets the same."""

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
    """The index of the filler that was said."""
    at: Mapped[datetime]


class Prompt(Base):
    """What a caller heard that is no answer: the greeting, a question asked again, a notice."""

    __tablename__ = "prompts"
    __table_args__ = (UniqueConstraint("conversation_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    key: Mapped[str] = mapped_column(String(60))
    """What it was and where in the call, so that a repeated webhook notes it once."""
    words: Mapped[str]
    """As they were said: a profile may change."""
    created_at: Mapped[datetime]


class ToolRun(Base):
    """A tool that ran for a turn, stored so that a takeover does not run it again."""

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
        Index("ix_handoffs_missed_at", "missed_at", **_where("missed_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    turn_number: Mapped[int | None]
    """The turn that led to it; None: it was requested otherwise."""
    source: Mapped[str] = mapped_column(String(20), default="assistant")
    """The origin of the request: assistant, words, key, failure, api, operator."""
    request_key: Mapped[str | None] = mapped_column(String(200), index=True)
    """The idempotency key of an external request."""
    number: Mapped[str] = mapped_column(String(40), default="")
    """The contact's number, as given in an external request."""
    reason: Mapped[str]
    summary: Mapped[str]
    context: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="")
    """The caller's message, taken when nobody could answer the call."""
    state: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str] = mapped_column(String(120), default="")
    """The number of the seller who took it, or the operator's name."""
    owned_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    """The time at which it ended with nobody having come; None again once somebody has answered the person."""
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
    """The notice sent to them."""
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Mirror(Base):
    """A contact's mapping to Chatwoot. conversation_id: Chatwoot's number for it; None: not known yet."""

    __tablename__ = "mirrors"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), unique=True)
    source_id: Mapped[str] = mapped_column(String(120), index=True)
    conversation_id: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime]


class MirrorItem(Base):
    """An item to be shown in Chatwoot, in the order of its ids for each contact."""

    __tablename__ = "mirror_items"
    __table_args__ = (Index("ix_mirror_items_contact_id_state_id", "contact_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    ref: Mapped[str] = mapped_column(String(80), unique=True)
    """The subject of the item, so that it is shown once: "message:12", "turn:5", "handoff:3"."""
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(default="")
    """The words of a note; a message's and a turn's are read when it is shown."""
    state: Mapped[str] = mapped_column(String(20))
    step: Mapped[int] = mapped_column(default=0)
    """The number of its messages already shown."""
    remote_id: Mapped[int | None] = mapped_column(index=True)
    """Chatwoot's id of its last message."""
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class WebhookEvent(Base):
    """A webhook that was accepted, stored so that it is accepted once."""

    __tablename__ = "webhook_events"
    __table_args__ = (UniqueConstraint("source", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(160))
    received_at: Mapped[datetime] = mapped_column(index=True)


class HelpdeskFact(Base):
    """Something that is known of the connected Chatwoot, such as the number of an inbox."""

    __tablename__ = "helpdesk_facts"

    id: Mapped[int] = mapped_column(primary_key=True)
    fact: Mapped[str] = mapped_column(String(160), unique=True)
    found_at: Mapped[datetime]


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
        Index("ix_messages_recipient_id", "recipient_id", **_where("recipient_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turns.id"), index=True)
    """The turn that includes it, or that it answers."""
    part: Mapped[int | None]
    """Its index among the parts of the turn's answer; None for inbound messages and those that answer no turn."""
    outbound: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[str]
    sid: Mapped[str | None] = mapped_column(String(255), unique=True)
    """The provider's id: Twilio's has 34 characters, WhatsApp's own is longer."""
    token: Mapped[str | None] = mapped_column(String(100), unique=True)
    """The idempotency token of the provider's webhook."""
    status: Mapped[str] = mapped_column(String(20))
    error_code: Mapped[int | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    """Attempts that the provider accepted and then could not deliver for now."""
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """The files that came with it: the provider's links, and their content in words once opened."""
    author: Mapped[str] = mapped_column(String(80), default="")
    """The author on our side, if not the assistant."""
    recipient_id: Mapped[int | None]
    """The campaign's recipient whom it was for, in whichever attempt."""
    price: Mapped[int | None] = mapped_column(BigInteger)
    """What it cost, in millionths of the currency; None: it is not known yet, or it is no campaign's."""
    currency: Mapped[str | None] = mapped_column(String(3))


class Campaign(Base):
    """A message or a call to a list of people."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    channel: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), index=True)
    pause_reason: Mapped[str] = mapped_column(String(20), default="")
    """A PauseReason; empty unless it is paused."""
    pause_code: Mapped[int | None]
    """The provider's code that led to the pause."""
    template: Mapped[str] = mapped_column(String(600), default="")
    """Twilio's SID, or name:language; empty: free text is sent."""
    text: Mapped[str] = mapped_column(default="")
    """The free text, or the greeting of calls, as it was given, with its placeholders."""
    variables: Mapped[dict[str, str]] = mapped_column(JSON)
    """What goes into the template's placeholders, as it was given."""
    try_anyway: Mapped[bool] = mapped_column(default=False)
    """Free text goes to people too who have not written for 24 hours, as far as is known here."""
    consent: Mapped[str] = mapped_column(default="")
    """Where the people's consent comes from."""
    file_name: Mapped[str] = mapped_column(CutString(255), default="")
    file_hash: Mapped[str] = mapped_column(String(64), default="")
    start_at: Mapped[datetime | None]
    """Nothing is sent before."""
    remind: Mapped[str] = mapped_column(String(600), default="", server_default="")
    """How long before the moment of each line its message is due, as it was given; empty: it is no reminder."""
    holder: Mapped[str | None] = mapped_column(String(200))
    """The process that sends it."""
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    goal: Mapped[str] = mapped_column(default="", server_default="")
    """What the assistant is to achieve in a call."""
    leave_message: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Answering machines get a message; they are hung up on otherwise."""
    hand_over: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    """The answers that lead to a seller, as they were given."""


class CampaignRecipient(Base):
    """Somebody on a campaign's list: a line of its file."""

    __tablename__ = "campaign_recipients"
    __table_args__ = (
        UniqueConstraint("campaign_id", "line"),
        UniqueConstraint("campaign_id", "found_by", "moment_at"),
        Index("ix_campaign_recipients_due", "campaign_id", "state", "due_at", "id"),
        Index("ix_campaign_recipients_campaign_id_message_id", "campaign_id", "message_id"),
        Index("ix_campaign_recipients_conversation_id_begun_at", "conversation_id", "begun_at"),
        Index("ix_campaign_recipients_campaign_id_begun_at", "campaign_id", "begun_at"),
        Index("ix_campaign_recipients_campaign_id_state_message_id", "campaign_id", "state", "message_id"),
        Index(
            "ix_campaign_recipients_campaign_id_replied_at",
            "campaign_id",
            "replied_at",
            **_where("replied_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    line: Mapped[int]
    number: Mapped[str] = mapped_column(String(40))
    """E.164, as it was written; empty once the person was erased."""
    found_by: Mapped[str | None] = mapped_column(String(120), index=True)
    """The matching form of the number; None: another line has it, or the person was erased."""
    body: Mapped[str]
    """The words that are sent, or those of the template."""
    variables: Mapped[dict[str, str]] = mapped_column(JSON)
    """What the template's placeholders become."""
    facts: Mapped[dict[str, str]] = mapped_column(JSON)
    """The columns of the file by their names, for the model."""
    zone: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20), default="")
    """Why nothing was sent."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    moment_at: Mapped[datetime | None]
    """What they are reminded of is over then, and nothing is sent from then on; None: it is no reminder."""
    begun_at: Mapped[datetime | None]
    """The time of the last attempt."""
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), unique=True)
    """The message of the last attempt."""
    replied_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(CutString(80), default="")
    """What the answer came to."""
    call_mark: Mapped[str | None] = mapped_column(String(32), index=True, unique=True)
    """Names the last call in the URLs that Twilio is given, before its SID is known."""
    call_sid: Mapped[str | None] = mapped_column(String(64), index=True, unique=True)
    """Twilio's name of the last call."""
    call_status: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """How the last call ended, in Twilio's words."""
    call_code: Mapped[int | None]
    """Twilio's code of a call that it refused, or the SIP code of one that failed."""
    answered_by: Mapped[str] = mapped_column(String(30), default="", server_default="")
    """Twilio's word for who has answered the last call."""
    message_left_at: Mapped[datetime | None]
    """When an answering machine got the message."""
    handed_over_at: Mapped[datetime | None]
    """When their answer led to a seller."""


class DraftState(StrEnum):
    """The state of a campaign that is being made of a long list."""

    LOOKING = "looking"  # its list waits to be looked at, or is
    LOOKED = "looked"
    MAKING = "making"  # the campaign is to be made, or is being made
    MADE = "made"
    FAILED = "failed"


class CampaignDraft(Base):
    """A campaign that is being made of a long list, which a job reads; it is kept for a day at most."""

    __tablename__ = "campaign_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    """A digest of the form that brought it, which may come twice."""
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What the operator has filled in."""
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The list's file; None once the campaign is made, or the list was refused."""
    state: Mapped[str] = mapped_column(String(20))
    epoch: Mapped[int] = mapped_column(default=1)
    """Grows with each form: what was begun for an earlier one writes nothing more."""
    lines_read: Mapped[int] = mapped_column(default=0)
    share_read: Mapped[float] = mapped_column(default=0.0)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What versions before `seen` found of it; empty."""
    checked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """What was found of the form, apart from the list."""
    seen: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """What was found in the list, and what decided how it was read."""
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))
    """The campaign, as soon as its first recipients are kept."""
    created_at: Mapped[datetime] = mapped_column(index=True)
    beat_at: Mapped[datetime]
    """When something was last read, or asked for."""


class Pace(Base):
    """The rate limit of one of our numbers: the time of its next message."""

    __tablename__ = "paces"

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(String(120), unique=True)
    next_at: Mapped[datetime]


class WorkerLease(Base):
    """The lease of a name under which one worker at a time runs."""

    __tablename__ = "worker_slots"

    id: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(String(60), unique=True)
    """A WORKER_ID, or a name of jobs/leases.py that is no worker's."""
    holder: Mapped[str | None] = mapped_column(String(200))
    """Host, process and a random part, so that no two processes can be confused."""
    beat_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]


class ModelFailure(Base):
    """Whether the language model answers: one row, once an answer has failed."""

    __tablename__ = "model_failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    since: Mapped[datetime | None]
    """Of the first answer that failed; None while it answers."""
    last_at: Mapped[datetime]
    answers: Mapped[int]
    """Answers that failed since then."""
    kind: Mapped[str] = mapped_column(String(20))
    error: Mapped[str] = mapped_column(CutString(200))
    """The last one's, in words of ours."""
    told_at: Mapped[datetime | None]
    """When the owner was told last."""


class Process(Base):
    """A process that is running, on any machine."""

    __tablename__ = "processes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    """Host, process and a random part."""
    kind: Mapped[str] = mapped_column(String(20))
    """web or worker."""
    beat_at: Mapped[datetime]
    late_loop: Mapped[str | None] = mapped_column(String(60))
    """The loop that has had no successful round for longest, if that is too long."""
    late_since: Mapped[datetime | None]
