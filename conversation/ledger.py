"""Ceilings on what costs: reserved before, settled after, by person and day (docs/costs.md).

A person is a contact. Callers without a number share ten times one person's ceilings. The simulator's contacts are
counted and never refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from integrations.language_model import Usage
from storage.after_commit import after_commit
from storage.ledger import accounts, entries
from storage.ledger.entries import WITHHELD_CALLERS, Account, Use
from storage.queries.calls import ConversationRecord

log = structlog.get_logger()


class Kind(StrEnum):
    """A kind of what costs, and its unit. The names are kept in databases."""

    PHONE_TURN = "phone-turn"
    """An answer that a model writes on the phone."""
    WHATSAPP_TURN = "whatsapp-turn"
    """The same on WhatsApp."""
    NOTE = "note"
    """A summary or a topic."""
    PROMPT_TOKENS = "prompt-tokens"
    COMPLETION_TOKENS = "completion-tokens"
    PHOTO = "photo"
    """A photo that a model is shown, and describes."""
    TRANSCRIBED_S = "transcribed-s"
    """A second of a voice note."""
    TRANSFER = "transfer"
    """A person who is rung."""
    TRANSFERRED_S = "transferred-s"
    """A second of a transferred call."""
    HANDOFF = "handoff"
    """A handoff of which sellers are told."""
    FORWARDED = "forwarded"
    """A further message that is passed on to a seller."""
    BEGUN = "begun-message"
    """A message to a customer that answers none of theirs."""
    CALLED_S = "called-s"
    """A second of a call, as Twilio says."""
    PLACED = "placed-call"
    """A call that was placed, whoever answered it."""
    BY_OPERATOR = "operator-message"
    """A message that an operator has written."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most units of a person. an_hour: for turns alone; None: as many as a_day."""

    a_day: int
    an_hour: int | None = None


COUNTED_ALONE = Ceiling(2**50)
"""For what has no ceiling."""
CEILINGS: Mapping[Kind, Ceiling] = {
    Kind.PHONE_TURN: Ceiling(400, an_hour=150),
    Kind.WHATSAPP_TURN: Ceiling(200, an_hour=60),
    Kind.NOTE: Ceiling(60),
    Kind.PROMPT_TOKENS: COUNTED_ALONE,
    Kind.COMPLETION_TOKENS: COUNTED_ALONE,
    Kind.PHOTO: Ceiling(20),
    Kind.TRANSCRIBED_S: Ceiling(30 * 60),
    Kind.TRANSFER: Ceiling(5),
    Kind.TRANSFERRED_S: COUNTED_ALONE,
    Kind.HANDOFF: Ceiling(5),
    Kind.FORWARDED: Ceiling(10),
    Kind.BEGUN: Ceiling(10),
    Kind.CALLED_S: COUNTED_ALONE,
    Kind.PLACED: COUNTED_ALONE,
    Kind.BY_OPERATOR: COUNTED_ALONE,
}
WITHHELD_TIMES = 10
"""Persons whom all callers without a number count for."""
ENTRIES_KEPT, DAYS_KEPT = timedelta(days=14), timedelta(days=400)
PARTS_KEPT = timedelta(days=2)
"""Hours and minutes are compared while they last, and shown nowhere."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """The outcome of asking for units. free_at: when more may be asked for; None: they are reserved."""

    key: str
    free_at: datetime | None = None

    @property
    def is_granted(self) -> bool:
        """True if the units are reserved, now or since an earlier request with the same key."""
        return self.free_at is None


@dataclass(frozen=True, slots=True)
class Standing:
    """A conversation, its account, and when a model answers again; free_at None: it does now."""

    conversation: ConversationRecord
    account: Account
    free_at: datetime | None = None


class Ledger:
    """Reserves and counts, in the caller's transaction. zone: of the days."""

    def __init__(self, zone: ZoneInfo, ceilings: Mapping[Kind, Ceiling] = CEILINGS) -> None:
        self._zone, self._ceilings = zone, ceilings

    def reserve(
        self,
        connection: Connection,
        account: Account,
        kind: Kind,
        key: str,
        now: datetime,
        *,
        units: int = 1,
        lasts: timedelta | None = None,
        is_limited: bool = True,
    ) -> Reservation:
        """Reserve units, once for a key, unless they exceed the day's ceiling.

        lasts: how long it stands unless it is settled; None: for good, for what the same transaction makes certain.
        is_limited: False for what operators do, which has no ceiling.
        """
        use = Use(account.name, kind, self.day(now))
        expires_at = None if lasts is None else now + lasts
        if not entries.enter(connection, key, use, units, expires_at, now):
            return Reservation(key)
        ceiling = self._a_day(account, kind) if is_limited else COUNTED_ALONE.a_day
        if self._take(connection, use, units, ceiling, now):
            return Reservation(key)
        entries.strike(connection, key)
        self._refused(connection, account, kind, now)
        return Reservation(key, self._end_of_day(now))

    def _take(self, connection: Connection, use: Use, units: int, ceiling: int, now: datetime) -> bool:
        if entries.take(connection, use, units, ceiling):
            return True
        if not entries.release_expired(connection, use.account, use.kind, now):
            return False
        return entries.take(connection, use, units, ceiling)

    def has_room(self, connection: Connection, account: Account, kind: Kind, now: datetime) -> bool:
        """Return whether a unit might be reserved now, for words about what is reserved later."""
        return entries.used(connection, Use(account.name, kind, self.day(now))) < self._a_day(account, kind)

    def settle(
        self, connection: Connection, key: str, now: datetime, also: Sequence[tuple[Kind, int]] = ()
    ) -> None:
        """Let a reservation stand; the first time, count what else it has cost."""
        use = entries.settle(connection, key)
        if use is not None and also:
            day = self.day(now)
            entries.add(connection, {Use(use.account, kind, day): units for kind, units in also})

    def settle_all(self, connection: Connection, account: Account, kind: Kind, beginning: str) -> None:
        """Let an account's reservations of a kind stand whose keys begin so."""
        entries.settle_all(connection, account.name, kind, beginning)

    def release(self, connection: Connection, key: str) -> None:
        """Give a reservation back that is not settled: nothing was done."""
        entries.release(connection, key)

    def count(
        self, connection: Connection, account: Account, done: Sequence[tuple[Kind, int]], now: datetime
    ) -> None:
        """Count what was done, whatever its ceiling."""
        day = self.day(now)
        entries.add(connection, {Use(account.name, kind, day): units for kind, units in done if units})

    # Turns: looked at before the first word in a query that is made anyway, and counted after the last one

    def standing(self, connection: Connection, key: str, kind: Kind, now: datetime) -> Standing | None:
        """Return a conversation and whether a model may answer in it; None: there is none of that key."""
        found = accounts.conversation_with_use(
            connection, key, kind, self._hour(now), self.day(now)
        )  # fmt: skip
        if found is None:
            return None
        conversation, account, in_hour, in_day = found
        an_hour, free_at = self._ceilings.get(kind, COUNTED_ALONE).an_hour, None
        if in_day >= self._a_day(account, kind):
            free_at = self._end_of_day(now)
        elif an_hour is not None and in_hour >= _times(account, an_hour):
            free_at = self._end_of_hour(now)
        return Standing(conversation, account, free_at)

    def refused_turn(self, connection: Connection, account: Account, kind: Kind, now: datetime) -> None:
        """Record that a model was not asked."""
        self._refused(connection, account, kind, now)

    def count_turn(
        self, connection: Connection, account: Account, kind: Kind, tokens: Usage, now: datetime
    ) -> None:
        """Count a turn that a model was asked to answer."""
        day = self.day(now)
        entries.add(
            connection,
            {
                Use(account.name, kind, self._hour(now)): 1,
                Use(account.name, kind, day): 1,
                Use(account.name, Kind.PROMPT_TOKENS, day): tokens.prompt_tokens,
                Use(account.name, Kind.COMPLETION_TOKENS, day): tokens.completion_tokens,
            },
        )

    def forget(self, connection: Connection, now: datetime) -> None:
        """Delete what is no longer compared or shown."""
        entries.forget(
            connection,
            entries_before=now - ENTRIES_KEPT,
            days_before=self.day(now - DAYS_KEPT),
            parts_before=self.day(now - PARTS_KEPT),
        )

    # Times

    def day(self, now: datetime) -> str:
        """Return the period of a day where the business is."""
        return entries.day_in(self._zone, now)

    def _hour(self, now: datetime) -> str:
        return f"{now.astimezone(self._zone):%Y-%m-%dT%H}"

    def _end_of_day(self, now: datetime) -> datetime:
        tomorrow = now.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._zone)

    def _end_of_hour(self, now: datetime) -> datetime:
        local = now.astimezone(self._zone)
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now - past + timedelta(hours=1)

    def _a_day(self, account: Account, kind: Kind) -> int:
        return _times(account, self._ceilings.get(kind, COUNTED_ALONE).a_day)

    def _refused(self, connection: Connection, account: Account, kind: Kind, now: datetime) -> None:
        entries.refuse(connection, Use(account.name, kind, self.day(now)))
        after_commit(connection, log.warning, "ceiling_reached", kind=kind, contact_id=account.contact_id)


def _times(account: Account, ceiling: int) -> int:
    """Return a person's ceiling, or that of all callers without a number."""
    if account.is_simulated:
        return COUNTED_ALONE.a_day
    return ceiling * WITHHELD_TIMES if account.name == WITHHELD_CALLERS else ceiling
