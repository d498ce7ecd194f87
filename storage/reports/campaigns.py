"""Queries for campaigns as operators see them: how far they are, whom they reach, and each of their recipients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from storage.models import CampaignChannel, IdentityKind, MessageStatus, RecipientState
from storage.tables import CALLS, CAMPAIGN_RECIPIENTS, CAMPAIGNS, CONTACTS, IDENTITIES, MESSAGES

PAGE = 500
_C = CAMPAIGN_RECIPIENTS.c
_ARRIVED = (MessageStatus.DELIVERED, MessageStatus.READ)
BUSY, NO_ANSWER = "busy", "no-answer"
"""How calls end, in Twilio's words."""
TAKEN_BY_A_MACHINE = or_(_C.message_left_at.is_not(None), _C.answered_by.like("machine_end%"))
"""An answering machine has taken the last call. Whoever is only said to speak like one may be a person."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How many of a campaign's recipients are in which state.

    sent: the provider has the message, or the call is over and was answered; delivered and read are among them, and so
    is who replied. called: at least once. machine: calls that an answering machine has taken. left_message: of those,
    the ones that got the message. skipped: by reason. codes, ends: of those who could not be reached, by the provider's
    code, and by how the last call ended.
    """

    waiting: int = 0
    sending: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    replied: int = 0
    in_doubt: int = 0
    failed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[int | None, int] = field(default_factory=dict)
    calling: int = 0
    called: int = 0
    machine: int = 0
    left_message: int = 0
    ends: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All recipients."""
        return self.left + self.sent + self.in_doubt + self.failed + sum(self.skipped.values())

    @property
    def left(self) -> int:
        """Recipients whose message is still to be sent, or whose call is not over."""
        return self.waiting + self.sending + self.calling


@dataclass(frozen=True, slots=True)
class Forecast:
    """Whom a campaign reaches, as far as is known. opted_out: of those who wait; wrote: free text reaches them."""

    waiting: int
    opted_out: int
    wrote: int


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient as a report shows it. status, code, begun_at: of the last attempt's message or call.

    answered_by: Twilio's word for who took the call. talked_s: None unless a call is over.
    """

    line: int
    number: str
    body: str
    variables: Mapping[str, str]
    facts: Mapping[str, str]
    state: str
    reason: str
    attempts: int
    begun_at: datetime | None
    replied_at: datetime | None
    outcome: str
    status: str | None
    code: int | None
    due_at: datetime
    answered_by: str = ""
    talked_s: int | None = None


def figures(connection: Connection, campaign_id: int) -> Figures:
    """Return how far a campaign is."""
    found: dict[str, int] = {}
    skipped: dict[str, int] = {}
    codes: dict[int | None, int] = {}
    ends: dict[str, int] = {}
    values = {"campaign_id": campaign_id}
    channel = connection.execute(_CHANNEL, values).scalar_one()
    for row in connection.execute(_FIGURES[channel], values):
        if row.what == "skipped":
            skipped[row.name] = row.people
        elif row.what == "failed":
            codes[row.code] = codes.get(row.code, 0) + row.people
            if row.name:
                _add(ends, row.name, row.people)
        elif row.what == "status":
            _add(found, "delivered", row.people)
            if row.name == MessageStatus.READ:
                _add(found, "read", row.people)
        elif row.name != RecipientState.SKIPPED:
            _add(found, row.name, row.people)
    return Figures(skipped=skipped, codes=codes, ends=ends, **found)


def _add(found: dict[str, int], name: str, people: int) -> None:
    found[name] = found.get(name, 0) + people


def next_due(connection: Connection, campaign_id: int) -> datetime | None:
    """Return when the next message of a campaign is due; None if none is."""
    return connection.execute(_NEXT_DUE, {"campaign_id": campaign_id}).scalar_one_or_none()


def forecast(connection: Connection, campaign_id: int, wrote_since: datetime) -> Forecast:
    """Return whom a campaign reaches. wrote_since: who has written since then may be sent free text."""
    row = connection.execute(_FORECAST, {"campaign_id": campaign_id, "since": wrote_since}).one()
    return Forecast(row.waiting, int(row.opted_out or 0), int(row.wrote or 0))


def first_rows(connection: Connection, campaign_id: int, most: int) -> list[RecipientRow]:
    """Return the first recipients of a campaign's list."""
    return page(connection, campaign_id, 0, most)


def page(connection: Connection, campaign_id: int, after: int, most: int) -> list[RecipientRow]:
    """Return the recipients of a campaign that follow a line, in the order of its list."""
    values = {"campaign_id": campaign_id, "after": after, "most": most}
    return [RecipientRow(*list(row)) for row in connection.execute(_ROWS, values)]


_THIS_CAMPAIGN = _C.campaign_id == bindparam("campaign_id")
_CODE = func.coalesce(MESSAGES.c.error_code, _C.call_code)
_IS_SENT = _C.state == RecipientState.SENT
_NO_CODE = cast(null(), Integer)
_WITH_MESSAGES = CAMPAIGN_RECIPIENTS.join(MESSAGES, MESSAGES.c.id == _C.message_id)
_WITH_ANY_MESSAGE = CAMPAIGN_RECIPIENTS.outerjoin(MESSAGES, MESSAGES.c.id == _C.message_id)


def _by(what: str, name: Any, *which: Any, code: Any = _NO_CODE, of: Any = CAMPAIGN_RECIPIENTS) -> Any:
    """Return a part of the figures: how many people there are of each name, and each code. what: names the part."""
    columns = (
        literal(what).label("what"),
        name.label("name"),
        code.label("code"),
        func.count().label("people"),
    )
    found = select(*columns).select_from(of).where(_THIS_CAMPAIGN, *which)
    return found.group_by(name) if code is _NO_CODE else found.group_by(name, code)


def _number(name: str, *which: Any) -> Any:
    """Return a part of the figures: how many people are like this."""
    columns = (literal("number"), literal(name), _NO_CODE, func.count())
    return select(*columns).select_from(CAMPAIGN_RECIPIENTS).where(_THIS_CAMPAIGN, *which)


# Each part has an index of its own; all together they are one statement, and so of one moment
_PARTS = (
    _by("state", _C.state),
    _by("skipped", _C.reason, _C.state == RecipientState.SKIPPED),
    _by("failed", _C.call_status, _C.state == RecipientState.FAILED, code=_CODE, of=_WITH_ANY_MESSAGE),
    _number("replied", _C.replied_at.is_not(None)),
)
_FIGURES: Mapping[str, Any] = {
    CampaignChannel.WHATSAPP: union_all(
        *_PARTS,
        _by("status", MESSAGES.c.status, _IS_SENT, MESSAGES.c.status.in_(_ARRIVED), of=_WITH_MESSAGES),
    ),
    CampaignChannel.VOICE: union_all(
        *_PARTS,
        _number("called", _C.attempts > 0),
        _number("machine", _IS_SENT, TAKEN_BY_A_MACHINE),
        _number("left_message", _IS_SENT, _C.message_left_at.is_not(None)),
    ),
}
_CHANNEL = select(CAMPAIGNS.c.channel).where(CAMPAIGNS.c.id == bindparam("campaign_id"))


_NEXT_DUE = select(func.min(_C.due_at)).where(_THIS_CAMPAIGN, _C.state == RecipientState.WAITING)


def _whose(*conditions: Any) -> Any:
    """Return the condition for recipients whose contact is like this."""
    return exists(
        select(IDENTITIES.c.id)
        .join(CONTACTS, CONTACTS.c.id == IDENTITIES.c.contact_id)
        .where(
            IDENTITIES.c.kind == IdentityKind.PHONE,
            IDENTITIES.c.value == _C.found_by,
            IDENTITIES.c.scope == "",
            IDENTITIES.c.simulated.is_(False),
            IDENTITIES.c.retired_at.is_(None),
            *conditions,
        )
    )


_OPTED_OUT = _whose(CONTACTS.c.opted_out_at.is_not(None))
_WROTE = _whose(CONTACTS.c.opted_out_at.is_(None), CONTACTS.c.wrote_at >= bindparam("since"))
_FORECAST = select(
    func.count().label("waiting"),
    func.sum(case((_OPTED_OUT, 1), else_=0)).label("opted_out"),
    func.sum(case((_WROTE, 1), else_=0)).label("wrote"),
).where(_THIS_CAMPAIGN, _C.state == RecipientState.WAITING)
_ROWS = (
    select(
        _C.line, _C.number, _C.body, _C.variables, _C.facts, _C.state, _C.reason, _C.attempts, _C.begun_at,
        _C.replied_at, _C.outcome, func.coalesce(MESSAGES.c.status, func.nullif(_C.call_status, "")), _CODE,
        _C.due_at, _C.answered_by, CALLS.c.duration_s,
    )
    .outerjoin(MESSAGES, MESSAGES.c.id == _C.message_id)
    .outerjoin(CALLS, CALLS.c.call_sid == _C.call_sid)
    .where(_THIS_CAMPAIGN, _C.line > bindparam("after"))
    .order_by(_C.line)
    .limit(bindparam("most"))
)  # fmt: skip
