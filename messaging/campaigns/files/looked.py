"""What was found of a campaign that is to be made: in memory, and as JSON for whoever asks later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from integrations.whatsapp_templates import Approval, TemplateContent
from translations import Message

MOST_NAMED = 20
"""Lines that are named; the others are counted."""
SHOWN = 3
"""People whose messages are shown before they are sent."""


@dataclass
class Named:
    """Sentences, of which the first are kept and the others counted."""

    sentences: list[Message] = field(default_factory=list)
    more: int = 0

    def add(self, sentence: Message) -> None:
        """Add a sentence."""
        if len(self.sentences) < MOST_NAMED:
            self.sentences.append(sentence)
        else:
            self.more += 1

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"sentences": _all_data(self.sentences), "more": self.more}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Named":
        """Return what `as_json` has kept."""
        return cls(_all_sentences(data["sentences"]), data["more"])


@dataclass
class CheckedForm:
    """What was found of a form, but for its list.

    words, buttons: the template's; words: None: they are not known. placeholders: its own, as far as they are known.
    mistakes: why the campaign cannot be made. notes: what is to be considered.
    """

    words: str | None = None
    buttons: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    mistakes: list[Message] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)

    @property
    def content(self) -> TemplateContent | None:
        """Return the template as far as it is shown; None if its words are not known."""
        if self.words is None:
            return None
        return TemplateContent(self.words, self.buttons, self.placeholders, Approval(""))

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self) | {"mistakes": _all_data(self.mistakes), "notes": _all_data(self.notes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CheckedForm":
        """Return what `as_json` has kept; of nothing, a form in which nothing was found."""
        if not data:
            return cls()
        return cls(
            data["words"],
            tuple(data["buttons"]),
            tuple(data["placeholders"]),
            _all_sentences(data["mistakes"]),
            _all_sentences(data["notes"]),
        )


@dataclass(frozen=True, slots=True)
class FirstLine:
    """One of the first people on a list. texts: by column, as they are written to customers."""

    line: int
    number: str
    texts: list[str]
    due_at: datetime | None = None


@dataclass
class Gaps:
    """The lines in which a column is empty: how many, and the first of them."""

    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        """Count a line."""
        self.count += 1
        if len(self.lines) < MOST_NAMED:
            self.lines.append(line)


@dataclass
class SeenList:
    """What was found in a list, whatever words are filled in from it.

    read_for: what decided how it was read; empty: it is to be read again. columns: their names. sample: the values of
    the first line. count: of the people who get something; past: of those who would be reminded too late.
    beginnings: how many have numbers that begin so. gaps: by column. is_wrong: the file itself has to be corrected.
    """

    file: str = ""
    read_for: str = ""
    columns: list[str] = field(default_factory=list)
    sample: list[str] = field(default_factory=list)
    count: int = 0
    past: int = 0
    beginnings: dict[str, int] = field(default_factory=dict)
    first: list[FirstLine] = field(default_factory=list)
    gaps: list[Gaps] = field(default_factory=list)
    mistakes: Named = field(default_factory=Named)
    left_out: Named = field(default_factory=Named)
    is_wrong: bool = False

    @property
    def was_read(self) -> bool:
        """Return whether it is what was found; else the list is being read, or an earlier version has read it."""
        return bool(self.gaps or self.mistakes.sentences)

    def refuse(self, sentence: Message) -> None:
        """Add a mistake of the file itself."""
        self.is_wrong = True
        self.mistakes.add(sentence)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        first = [
            asdict(one) | {"due_at": None if one.due_at is None else one.due_at.isoformat()}
            for one in self.first
        ]
        named = {"mistakes": self.mistakes.as_json(), "left_out": self.left_out.as_json()}
        return asdict(self) | {"first": first} | named

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SeenList":
        """Return what `as_json` has kept; of nothing, a list that is to be read."""
        if not data:
            return cls()
        values = dict(data)
        values["first"] = [
            FirstLine(**{**one, "due_at": one["due_at"] and datetime.fromisoformat(one["due_at"])})
            for one in data["first"]
        ]
        values["gaps"] = [Gaps(**one) for one in data["gaps"]]
        values["mistakes"] = Named.from_json(data["mistakes"])
        values["left_out"] = Named.from_json(data["left_out"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """What one of the first people on a list will get, or hear. due_at: None: at once."""

    line: int
    number: str
    body: str
    due_at: datetime | None = None


@dataclass(frozen=True)
class Looked:
    """What was found of a campaign that is to be made, for those who make it.

    columns: the list's, with the values of its first line. words: the template's; empty if they are not known.
    placeholders: its own, as far as they are known. count: of those who get something. past: of those who would be
    reminded too late. beginnings: how many have numbers that begin so. mistakes: why it cannot be made. left_out:
    lines without a message. notes: what is to be considered. campaign_id: of the one that was made of it.
    """

    columns: list[tuple[str, str]] = field(default_factory=list)
    placeholders: tuple[str, ...] = ()
    words: str = ""
    count: int = 0
    past: int = 0
    beginnings: Mapping[str, int] = field(default_factory=dict)
    first: list[FirstMessage] = field(default_factory=list)
    mistakes: list[Message] = field(default_factory=list)
    more_mistakes: int = 0
    left_out: list[Message] = field(default_factory=list)
    more_left_out: int = 0
    notes: list[Message] = field(default_factory=list)
    campaign_id: int | None = None


def _all_data(sentences: list[Message]) -> list[dict[str, Any]]:
    return [_data(one) for one in sentences]


def _all_sentences(data: list[dict[str, Any]]) -> list[Message]:
    return [_sentence(one) for one in data]


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
