"""Queries for campaigns: what is sent, their states, and the lease of the process that sends one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, not_, or_, select, update
from sqlalchemy import delete as sql_delete

from storage.base import SKEW
from storage.models import Campaign, CampaignChannel, CampaignState, PauseReason, RecipientState
from storage.tables import CAMPAIGN_RECIPIENTS, CAMPAIGNS
from storage.upsert import insert_once

TOLD_WITHIN = timedelta(days=1)
"""A receipt that ends a doubt comes within that time, or not at all."""
LONGEST_LEASE = timedelta(minutes=1)
"""A lease that ends later than this was taken before the clock was put back: it binds nobody."""


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign that is to be kept. template: empty for free text. start_at: aware; None: at once.

    remind: the rule by which each message is due; empty: it is no reminder.
    goal, leave_message: of calls; what the assistant is to achieve, and whether answering machines get a message.
    hand_over: the answers that lead to a seller.
    """

    name: str
    channel: str
    template: str = ""
    text: str = ""
    variables: Mapping[str, str] | None = None
    try_anyway: bool = False
    consent: str = ""
    file_name: str = ""
    file_hash: str = ""
    start_at: datetime | None = None
    remind: str = ""
    goal: str = ""
    leave_message: bool = True
    hand_over: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A campaign whose recipients are being kept. begun_at: tells it from a later one, to which SQLite gives its id."""

    id: int
    name: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """A campaign. holder: the process that sends it, or was the last to do so."""

    id: int
    name: str
    channel: str
    state: CampaignState
    pause_reason: str
    pause_code: int | None
    template: str
    text: str
    variables: Mapping[str, str]
    try_anyway: bool
    consent: str
    file_name: str
    start_at: datetime | None
    remind: str
    holder: str | None
    leased_until: datetime | None
    created_at: datetime
    changed_at: datetime
    goal: str
    leave_message: bool
    hand_over: Sequence[str]

    @property
    def is_by_phone(self) -> bool:
        """Return whether people are called."""
        return self.channel == CampaignChannel.VOICE

    def is_sent_by_somebody(self, now: datetime) -> bool:
        """Return whether a living process has its lease."""
        until = self.leased_until
        return until is not None and now < until <= now + LONGEST_LEASE + SKEW


def add(connection: Connection, new: NewCampaign, now: datetime) -> int | None:
    """Keep a campaign whose recipients are to follow; return its id, or None if there is one of that name."""
    return insert_once(
        connection, Campaign, name=new.name, channel=new.channel, state=CampaignState.LISTING, pause_reason="",
        template=new.template, text=new.text, variables=dict(new.variables or {}), try_anyway=new.try_anyway,
        consent=new.consent, file_name=new.file_name, file_hash=new.file_hash, start_at=new.start_at, remind=new.remind,
        goal=new.goal, leave_message=new.leave_message, hand_over=list(new.hand_over), created_at=now, changed_at=now,
    )  # fmt: skip


def of_name(connection: Connection, name: str) -> CampaignRecord | None:
    """Return a campaign by its name."""
    row = connection.execute(select(*_COLUMNS).where(CAMPAIGNS.c.name == name, _IS_LISTED)).one_or_none()
    return None if row is None else _record(row)


def by_id(connection: Connection, campaign_id: int) -> CampaignRecord:
    """Return a campaign by its id."""
    return _record(connection.execute(select(*_COLUMNS).where(CAMPAIGNS.c.id == campaign_id)).one())


def find(connection: Connection, campaign_id: int) -> CampaignRecord | None:
    """Return a campaign by its id; None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(CAMPAIGNS.c.id == campaign_id, _IS_LISTED)).one_or_none()
    return None if row is None else _record(row)


def newest(connection: Connection, limit: int, *, before: int | None = None) -> list[CampaignRecord]:
    """Return the campaigns, the newest one first. before: an id that all of them are below."""
    found = select(*_COLUMNS).where(_IS_LISTED).order_by(CAMPAIGNS.c.id.desc()).limit(limit)
    if before is not None:
        found = found.where(CAMPAIGNS.c.id < before)
    return [_record(row) for row in connection.execute(found)]


def goes_on(connection: Connection, listing: Listing, now: datetime) -> bool:
    """Record that recipients of a campaign are still being kept; return False if it is that campaign no more."""
    which = (
        CAMPAIGNS.c.id == listing.id, CAMPAIGNS.c.created_at == listing.begun_at, _IS_LISTING
    )  # fmt: skip
    return connection.execute(update(CAMPAIGNS).where(*which).values(changed_at=now)).rowcount == 1


def unfinished_list(connection: Connection, name: str, before: datetime) -> Listing | None:
    """Return the campaign of a name whose recipients are not all kept, and none since a time."""
    which = (CAMPAIGNS.c.name == name, _IS_LISTING, CAMPAIGNS.c.changed_at < before)
    row = connection.execute(select(*_LISTING).where(*which)).one_or_none()
    return None if row is None else Listing(*row)


def listing_of(connection: Connection, campaign_id: int) -> Listing | None:
    """Return a campaign whose recipients are not all kept; None if it is gone, or complete."""
    which = (CAMPAIGNS.c.id == campaign_id, _IS_LISTING)
    row = connection.execute(select(*_LISTING).where(*which)).one_or_none()
    return None if row is None else Listing(*row)


def delete(connection: Connection, campaign_id: int) -> None:
    """Delete a campaign without recipients."""
    connection.execute(sql_delete(CAMPAIGNS).where(CAMPAIGNS.c.id == campaign_id))


def state_of(connection: Connection, campaign_id: int) -> CampaignState:
    """Return a campaign's state; nobody changes it until the transaction ends."""
    locked = select(CAMPAIGNS.c.state).where(CAMPAIGNS.c.id == campaign_id).with_for_update()
    return CampaignState(connection.execute(locked).scalar_one())


def change_state(
    connection: Connection,
    campaign_id: int,
    to: CampaignState,
    now: datetime,
    *,
    pause_reason: PauseReason | None = None,
    code: int | None = None,
) -> None:
    """Record a campaign's state, and why it is paused. code: the provider's."""
    values = {"state": to, "pause_reason": pause_reason or "", "pause_code": code, "changed_at": now}
    connection.execute(update(CAMPAIGNS).where(CAMPAIGNS.c.id == campaign_id).values(values))


# The lease


def to_be_run(connection: Connection, now: datetime) -> list[CampaignRecord]:
    """Return the campaigns that are running and have begun, and those with messages whose fate may be unknown."""
    return [_record(row) for row in connection.execute(_TO_BE_RUN, {"now": now, "lately": now - TOLD_WITHIN})]


def take_lease(
    connection: Connection, campaign_id: int, holder: str, now: datetime, lasts: timedelta
) -> bool:
    """Take or renew the lease of a campaign; return whether `holder` has it now."""
    free = or_(CAMPAIGNS.c.holder.is_(None), CAMPAIGNS.c.holder == holder, not_(_is_leased(now)))
    lease = {"holder": holder, "leased_until": now + lasts}
    taken = update(CAMPAIGNS).where(CAMPAIGNS.c.id == campaign_id, free).values(lease)
    return connection.execute(taken).rowcount == 1


def release_leases(connection: Connection, holder: str) -> None:
    """Release the leases of a process."""
    mine = CAMPAIGNS.c.holder == holder
    connection.execute(update(CAMPAIGNS).where(mine).values(holder=None, leased_until=None))


def held(connection: Connection, campaign_id: int, holder: str, now: datetime) -> CampaignRecord | None:
    """Return a running campaign whose lease a process has; None if it has it no more, or it was paused."""
    row = connection.execute(_HELD, {"campaign_id": campaign_id, "holder": holder, "now": now}).one_or_none()
    return None if row is None else _record(row)


def _is_leased(now: Any) -> ColumnElement[bool]:
    until = CAMPAIGNS.c.leased_until
    return and_(until.is_not(None), until > now, until <= now + LONGEST_LEASE)


_NAMES = tuple(field.name for field in fields(CampaignRecord))
_COLUMNS = tuple(CAMPAIGNS.c[name] for name in _NAMES)
_LISTING = (CAMPAIGNS.c.id, CAMPAIGNS.c.name, CAMPAIGNS.c.created_at)
_IS_LISTING = CAMPAIGNS.c.state == CampaignState.LISTING
_IS_LISTED = CAMPAIGNS.c.state.not_in((CampaignState.LISTING, CampaignState.TRIAL))
_HAS_BEGUN = or_(CAMPAIGNS.c.start_at.is_(None), CAMPAIGNS.c.start_at <= bindparam("now"))
_HAS_UNKNOWN = exists().where(
    CAMPAIGN_RECIPIENTS.c.campaign_id == CAMPAIGNS.c.id,
    or_(
        CAMPAIGN_RECIPIENTS.c.state.in_((RecipientState.SENDING, RecipientState.CALLING)),
        and_(
            CAMPAIGN_RECIPIENTS.c.state == RecipientState.IN_DOUBT,
            CAMPAIGN_RECIPIENTS.c.begun_at > bindparam("lately"),
        ),
    ),
)
_TO_BE_RUN = (
    select(*_COLUMNS)
    .where(or_(and_(CAMPAIGNS.c.state == CampaignState.RUNNING, _HAS_BEGUN), _HAS_UNKNOWN))
    .order_by(CAMPAIGNS.c.id)
)
_HELD = select(*_COLUMNS).where(
    CAMPAIGNS.c.id == bindparam("campaign_id"),
    CAMPAIGNS.c.state == CampaignState.RUNNING,
    CAMPAIGNS.c.holder == bindparam("holder"),
    CAMPAIGNS.c.leased_until > bindparam("now"),
)


def _record(row: Any) -> CampaignRecord:
    values = dict(zip(_NAMES, row, strict=True))
    return CampaignRecord(**(values | {"state": CampaignState(values["state"])}))
