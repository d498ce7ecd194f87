"""Campaigns that are to be made, as the dashboard sees them; see messaging/campaigns/files/."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from storage.campaigns.campaigns import NewCampaign
from storage.models import DraftState
from translations import Message


class FirstMessage(Protocol):
    """What one of the first people on a list will get, or hear."""

    @property
    def line(self) -> int:
        """Return the line of the list."""
        ...

    @property
    def number(self) -> str:
        """Return the number, in E.164."""
        ...

    @property
    def body(self) -> str:
        """Return the words."""
        ...

    @property
    def due_at(self) -> datetime | None:
        """Return when they are due; None: at once."""
        ...


class Looked(Protocol):
    """What was found of a campaign that is to be made."""

    @property
    def first(self) -> Sequence[FirstMessage]:
        """Return what the first people will get."""
        ...

    @property
    def beginnings(self) -> Mapping[str, int]:
        """Return how many people have numbers that begin so."""
        ...

    @property
    def mistakes(self) -> Sequence[Message]:
        """Return why it cannot be made."""
        ...

    @property
    def more_mistakes(self) -> int:
        """Return how many more there are that are not named."""
        ...

    @property
    def campaign_id(self) -> int | None:
        """Return the campaign that was made of it."""
        ...


class CampaignDrafts(Protocol):
    """Makes campaigns of lists."""

    def look(self, new: NewCampaign, content: bytes, number_column: str | None) -> Looked:
        """Return what is wrong with a campaign that is to be made, and what it will look like; keep nothing.

        What is not filled in yet is no mistake.
        """
        ...

    def estimate(self, new: NewCampaign, beginnings: Mapping[str, int]) -> Message | None:
        """Return about what a campaign will cost, and how that is known; None where it is not.

        beginnings: how many people have numbers that begin so.
        """
        ...

    def make(self, new: NewCampaign, content: bytes, number_column: str | None) -> Looked:
        """Keep a campaign, unless something is wrong with it; return its id among what was found."""
        ...


class Draft(Protocol):
    """A campaign that is being made of a long list."""

    @property
    def id(self) -> int:
        """Return its id."""
        ...

    @property
    def new(self) -> NewCampaign:
        """Return what is filled in."""
        ...

    @property
    def number_column(self) -> str | None:
        """Return the column with the numbers; None: it is found by its name."""
        ...

    @property
    def looked(self) -> Looked:
        """Return what was found of it."""
        ...

    @property
    def state(self) -> DraftState:
        """Return its state."""
        ...

    @property
    def is_at_work(self) -> bool:
        """Return whether its list is to be read, or is being read."""
        ...

    @property
    def lines(self) -> int:
        """Return how many lines of its list are read."""
        ...

    @property
    def share(self) -> float:
        """Return which part of its list is read, from 0 to 1."""
        ...

    @property
    def campaign_id(self) -> int | None:
        """Return the campaign that is made of it."""
        ...

    @property
    def has_list(self) -> bool:
        """Return whether its file is still there."""
        ...


class LongLists(Protocol):
    """Keeps long lists, which a job reads."""

    def is_long(self, content: bytes) -> bool:
        """Return whether a file is not to be read while somebody waits."""
        ...

    def keep(
        self, new: NewCampaign, content: bytes, number_column: str | None, *, form: str, makes: bool
    ) -> int:
        """Keep a list, to be looked at; return its draft's id. form: its number. makes: the campaign is to be made."""
        ...

    def ask(self, draft_id: int, new: NewCampaign, number_column: str | None, *, makes: bool) -> bool:
        """Look at a list for another form; return False if its file is gone, or a campaign is made of it already."""
        ...

    def find(self, draft_id: int) -> Draft | None:
        """Return a draft; None if there is none, any more."""
        ...

    def unfinished(self) -> Sequence[Draft]:
        """Return the drafts of which no campaign is made yet, the newest one first."""
        ...

    def discard(self, draft_id: int) -> None:
        """Delete a draft with its list."""
        ...
