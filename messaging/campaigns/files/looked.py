"""What was found of a campaign that is to be made: in memory, and as JSON for whoever asks later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from translations import Message

MOST_NAMED = 20
"""Lines that are named; the others are counted."""
SHOWN = 3
"""People whose messages are shown before they are sent."""


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """What one of the first people on a list will get."""

    line: int
    number: str
    body: str


@dataclass
class Looked:
    """What was found of a campaign that is to be made.

    columns: the list's, with the values of its first line. words: the template's, empty if they are not known.
    placeholders: its own, as far as they are known.
    mistakes: why it cannot be made. left_out: lines without a message. notes: what is to be considered.
    is_list_wrong: the file itself has to be corrected. campaign_id: of the one that was made of it.
    """

    columns: list[tuple[str, str]] = field(default_factory=list)
    placeholders: tuple[str, ...] = ()
    words: str = ""
    count: int = 0
    first: list[FirstMessage] = field(default_factory=list)
    mistakes: list[Message] = field(default_factory=list)
    more_mistakes: int = 0
    left_out: list[Message] = field(default_factory=list)
    more_left_out: int = 0
    notes: list[Message] = field(default_factory=list)
    is_list_wrong: bool = False
    campaign_id: int | None = None

    def refuse(self, sentence: Message) -> None:
        """Add a mistake."""
        if len(self.mistakes) < MOST_NAMED:
            self.mistakes.append(sentence)
        else:
            self.more_mistakes += 1

    def refuse_list(self, sentence: Message) -> None:
        """Add a mistake of the file itself."""
        self.is_list_wrong = True
        self.refuse(sentence)

    def leave_out(self, sentence: Message) -> None:
        """Add a line without a message."""
        if len(self.left_out) < MOST_NAMED:
            self.left_out.append(sentence)
        else:
            self.more_left_out += 1

    def add(self, one: FirstMessage) -> None:
        """Count somebody who gets a message."""
        self.count += 1
        if self.count <= SHOWN:
            self.first.append(one)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        sentences = {name: [_data(one) for one in getattr(self, name)] for name in _SENTENCES}
        return {**asdict(self), **sentences}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Looked":
        """Return what `as_json` has kept."""
        sentences = {name: [_sentence(one) for one in data[name]] for name in _SENTENCES}
        return cls(
            **{
                **data,
                **sentences,
                "columns": [(name, value) for name, value in data["columns"]],
                "placeholders": tuple(data["placeholders"]),
                "first": [FirstMessage(**one) for one in data["first"]],
            }
        )


_SENTENCES = ("mistakes", "left_out", "notes")


def _data(sentence: Message) -> dict[str, Any]:
    values = {
        name: _data(value)
        if isinstance(value, Message)
        else value
        if isinstance(value, int | float)
        else str(value)
        for name, value in sentence.values.items()
    }
    return {**asdict(sentence), "values": values}


def _sentence(data: Mapping[str, Any]) -> Message:
    values = {
        name: _sentence(value) if isinstance(value, dict) else value for name, value in data["values"].items()
    }
    return Message(**{**data, "values": values})
