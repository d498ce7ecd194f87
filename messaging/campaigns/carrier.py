"""A way to reach the people of a campaign, by WhatsApp or by phone, as the runner sees it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from storage.campaigns.campaigns import CampaignRecord


class ClaimedOne(Protocol):
    """A recipient who was claimed. message_id: of their message; None: they are called."""

    @property
    def id(self) -> int: ...

    @property
    def message_id(self) -> int | None: ...


class ClaimsOf(Protocol):
    """Who was claimed.

    is_any_due: somebody was due, though perhaps not claimed. is_day_over: no more begins today. free_at: when another
    may be; None: nobody is waited for.
    """

    @property
    def claimed(self) -> Sequence[ClaimedOne]: ...

    @property
    def is_any_due(self) -> bool: ...

    @property
    def is_day_over(self) -> bool: ...

    @property
    def free_at(self) -> datetime | None: ...


class Claiming(Protocol):
    """Claims recipients."""

    def claim(self, campaign_id: int, most: int) -> ClaimsOf:
        """Claim at most so many recipients of a campaign. Raises SQLAlchemyError."""
        ...


class Dispatching(Protocol):
    """Passes claimed recipients on."""

    def send(self, claimed: Any) -> bool:
        """Pass one on at its time; return False if the provider is not to be asked anything for a while."""
        ...


class Clearing(Protocol):
    """Clears up what became of those whose fate is unknown."""

    def clear_up(self, campaign: CampaignRecord, in_hand: Collection[int] = ()) -> None:
        """Look for them at the provider. in_hand: recipients whom this process is still passing on, whatever the time.

        Raises SQLAlchemyError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Carrier:
    """A way to reach people. is_probed: the first messages go alone (`probe`)."""

    claimer: Claiming
    dispatcher: Dispatching
    doubts: Clearing
    is_probed: bool = True
