"""Divides a written conversation, which never ends, into sessions separated by an hour of silence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from storage.base import is_near
from storage.queries.crm import Written

SILENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ChatSession:
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
        """True if the contact wrote any of the messages."""
        return any(not message.outbound for message in self.messages)

    @property
    def turns(self) -> int:
        """The number of times the contact wrote and was answered."""
        return sum(not before.outbound and after.outbound for before, after in pairwise(self.messages))

    def is_over(self, now: datetime) -> bool:
        """Return True after an hour of silence, and where the last was written before the clock was put back."""
        return now - self.ended_at >= SILENCE or not is_near(self.ended_at, now, SILENCE)


def chat_sessions(messages: Sequence[Written]) -> list[ChatSession]:
    """Divide messages, in order, at each hour of silence."""
    gaps = [
        number
        for number, (before, after) in enumerate(pairwise(messages), start=1)
        if after.created_at - before.created_at >= SILENCE
    ]
    parts = zip([0, *gaps], [*gaps, len(messages)], strict=True)
    return [ChatSession(messages[start:end]) for start, end in parts if start < end]
