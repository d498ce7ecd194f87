"""Records a call: its requests, its words with their times, and its warnings."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from simulator.twilio.signing import Params
from translations import Message

CHARS_PER_S = 15.0
"""The approximate speed of speech in Spanish and English."""


def spoken_seconds(text: str) -> float:
    """Return the estimated length of a spoken text."""
    return len(text) / CHARS_PER_S


class Ending(StrEnum):
    """The reason a call ended."""

    HANGUP = "hangup"
    NO_MORE_VERBS = "no more verbs"
    CALLER = "caller hung up"
    REJECTED = "rejected"
    APPLICATION_ERROR = "application error"


@dataclass(frozen=True, slots=True)
class CallWarning:
    """A warning that does not stop a call. code: Twilio's; None: a warning of the simulator's own."""

    code: int | None
    message: Message | str


@dataclass(frozen=True, slots=True)
class Step:
    """One HTTP exchange, including its retries.

    url: the public URL, as signed. connect_url: the URL of the request. headers: as sent, for a replay. seconds:
    real ones, for all tries. status: None: no response. error: Twilio's code if there was no usable response.
    """

    method: str
    url: str
    params: Params
    connect_url: str
    headers: dict[str, str]
    body: bytes
    seconds: float
    retries: int
    status: int | None
    content_type: str | None = None
    twiml: str = ""
    location: str | None = None
    error: int | None = None
    message: Message | str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The form's fields, by name."""
        return dict(self.params)


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt heard by the caller. Times in seconds of the call's clock.

    wait_s: the silence before it. cut_after_s: the seconds heard before the caller interrupted; None: all of it.
    """

    kind: str
    text: str
    at: float
    duration_s: float
    wait_s: float
    interruptible: bool
    voice: str | None = None
    language: str | None = None
    cut_after_s: float | None = None

    @property
    def ends_at(self) -> float:
        """The time of its end."""
        return self.at + (self.duration_s if self.cut_after_s is None else self.cut_after_s)

    @property
    def words(self) -> str:
        """The approximate part of the text that was heard, in whole words."""
        if self.cut_after_s is None:
            return self.text
        reached = self.text[: int(self.cut_after_s * CHARS_PER_S)]
        return reached if len(reached) == len(self.text) else reached.rpartition(" ")[0]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the transcript. who: "assistant", "caller", or "call" for actions of the network."""

    who: str
    text: str
    at: float


Event = Heard | Line | Step | CallWarning
"""An event for listeners. The assistant's words come as Heard, and once more if they were interrupted."""


@dataclass(slots=True)
class Turn:
    """The caller's input and the words heard after it. caller: "" for the greeting or for silence."""

    caller: str
    began_at: float
    heard: list[Heard] = field(default_factory=list)

    @property
    def first_word_s(self) -> float | None:
        """The seconds before the first word; None if there was none."""
        return self.heard[0].wait_s if self.heard else None

    @property
    def dead_air_s(self) -> float:
        """The seconds of silence between the first word and the last."""
        return sum(heard.wait_s for heard in self.heard[1:])


class Journal:
    """One call's record, in order of time. Written only by the thread of the call."""

    def __init__(self, listener: Callable[[Event], None] | None = None) -> None:
        self._listener = listener or (lambda event: None)
        self._quiet_since = 0.0
        self._lines: list[Line] = []
        self.steps: list[Step] = []
        self.turns: list[Turn] = []
        self.warnings: list[CallWarning] = []

    @property
    def heard(self) -> list[Heard]:
        """Every prompt heard by the caller."""
        return [heard for turn in self.turns for heard in turn.heard]

    @property
    def transcript(self) -> list[Line]:
        """The words of both sides and the network's actions, in order of time."""
        spoken = [Line("assistant", heard.words, heard.at) for heard in self.heard]
        return sorted([*self._lines, *spoken], key=lambda line: line.at)

    def begin_turn(self, caller: str, at: float, *, keys: bool = False) -> None:
        """Begin a turn: the caller acted, or kept silent for too long.

        keys: the input is keys, which the transcript puts in square brackets.
        """
        self.turns.append(Turn(caller, at))
        self._quiet_since = at
        if caller:
            self.note("caller", f"[{caller}]" if keys else caller, at)

    def note(self, who: str, text: str, at: float) -> None:
        """Add a line of the caller's or of the network's."""
        line = Line(who, text, at)
        self._lines.append(line)
        self._listener(line)

    def hear(self, heard: Heard) -> None:
        """Add a prompt, and compute the silence before it."""
        heard = replace(heard, wait_s=max(0.0, heard.at - self._quiet_since))
        self._quiet_since = heard.ends_at
        self.turns[-1].heard.append(heard)
        self._listener(heard)

    def interrupt(self, at: float) -> None:
        """Shorten the prompts in progress: the caller interrupted at this time."""
        kept = [heard for heard in self.turns[-1].heard if heard.at < at]
        if kept and kept[-1].ends_at > at:
            kept[-1] = replace(kept[-1], cut_after_s=at - kept[-1].at)
            self._listener(kept[-1])
        self.turns[-1].heard = kept

    def exchanged(self, step: Step) -> None:
        """Add an HTTP exchange."""
        self.steps.append(step)
        self._listener(step)

    def warn(self, code: int | None, message: Message | str) -> None:
        """Add a warning."""
        warning = CallWarning(code, message)
        self.warnings.append(warning)
        self._listener(warning)
