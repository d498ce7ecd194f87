"""A written conversation never ends; what a CRM calls one is a stretch of it, with an hour's silence after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from storage.queries.crm import Written

SILENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages with no hour between two of them."""

    messages: Sequence[Written]

    @property
    def first_id(self) -> int:
        """The first message's id."""
        return self.messages[0].id

    @property
    def last_id(self) -> int:
        """The last message's id."""
        return self.messages[-1].id

    @property
    def began_at(self) -> datetime:
        """When the first was written."""
        return self.messages[0].created_at

    @property
    def ended_at(self) -> datetime:
        """When the last was written."""
        return self.messages[-1].created_at

    @property
    def is_theirs(self) -> bool:
        """Whether the person wrote anything in it."""
        return any(not message.outbound for message in self.messages)

    @property
    def turns(self) -> int:
        """How often they wrote and were answered, by whomever."""
        return sum(not before.outbound and after.outbound for before, after in pairwise(self.messages))

    def is_over(self, now: datetime) -> bool:
        """Whether nobody has written for an hour."""
        return now - self.ended_at >= SILENCE


def stretches(messages: Sequence[Written]) -> list[Stretch]:
    """Cut messages, in their order, wherever nobody wrote for an hour."""
    cuts = [
        number
        for number, (before, after) in enumerate(pairwise(messages), start=1)
        if after.created_at - before.created_at >= SILENCE
    ]
    parts = zip([0, *cuts], [*cuts, len(messages)], strict=True)
    return [Stretch(messages[start:end]) for start, end in parts if start < end]
