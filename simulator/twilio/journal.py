"""Records a call: requests, timed words and warnings."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from simulator.twilio.signing import Params

CHARS_PER_S = 15.0
"""Approximate speed of speech, in Spanish and English."""


def spoken_seconds(text: str) -> float:
    """Estimate how long a voice takes to say a text."""
    return len(text) / CHARS_PER_S


class Ending(StrEnum):
    """Why a call is over."""

    HANGUP = "hangup"
    NO_MORE_VERBS = "no more verbs"
    CALLER = "caller hung up"
    REJECTED = "rejected"
    APPLICATION_ERROR = "application error"


@dataclass(frozen=True, slots=True)
class CallWarning:
    """A warning that Twilio logs before continuing. code: Twilio's, or None where the warning is ours."""

    code: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Step:
    """One HTTP exchange. `url` is the public one, as signed; retries are counted in it, not listed.

    seconds: the real ones, over all tries. status: None where no response came; then `error` is
    Twilio's code, as it is for a response that cannot be used. headers: as sent, for a replay.
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
    message: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The form's fields by name."""
        return dict(self.params)


@dataclass(frozen=True, slots=True)
class Heard:
    """Words heard by the caller. Times in seconds of the call's clock.

    wait_s: the silence before it. cut_after_s: how much of it was heard before the caller spoke over it.
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
        """Return the end of the words."""
        return self.at + (self.duration_s if self.cut_after_s is None else self.cut_after_s)

    @property
    def words(self) -> str:
        """The text as far as it was heard: whole words, about."""
        if self.cut_after_s is None:
            return self.text
        reached = self.text[: int(self.cut_after_s * CHARS_PER_S)]
        return reached if len(reached) == len(self.text) else reached.rpartition(" ")[0]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the transcript. who: "assistant", "caller" or "call" (what the network did)."""

    who: str
    text: str
    at: float


Event = Heard | Line | Step | CallWarning
"""An event for listeners; the assistant's words come as Heard, and again if they were interrupted."""


@dataclass(slots=True)
class Turn:
    """The caller's input (none at the beginning or for silence) and the words heard after it."""

    caller: str
    began_at: float
    heard: list[Heard] = field(default_factory=list)

    @property
    def first_word_s(self) -> float | None:
        """Seconds until something was heard; None where nothing was."""
        return self.heard[0].wait_s if self.heard else None

    @property
    def dead_air_s(self) -> float:
        """Seconds of silence between the first word and the last."""
        return sum(heard.wait_s for heard in self.heard[1:])


class Journal:
    """One call's record, in the order in which things happened. Written by the thread that runs the call."""

    def __init__(self, listener: Callable[[Event], None] | None = None) -> None:
        self._listener = listener or (lambda event: None)
        self._quiet_since = 0.0
        self._lines: list[Line] = []
        self.steps: list[Step] = []
        self.turns: list[Turn] = []
        self.warnings: list[CallWarning] = []

    @property
    def heard(self) -> list[Heard]:
        """All that the caller heard."""
        return [heard for turn in self.turns for heard in turn.heard]

    @property
    def transcript(self) -> list[Line]:
        """Both sides, in order of time."""
        spoken = [Line("assistant", heard.words, heard.at) for heard in self.heard]
        return sorted([*self._lines, *spoken], key=lambda line: line.at)

    def begin_turn(self, caller: str, at: float, *, keys: bool = False) -> None:
        """The caller did something at this moment (or nothing for too long): the wait for words begins.

        keys: they pressed keys, which stand in square brackets in the transcript.
        """
        self.turns.append(Turn(caller, at))
        self._quiet_since = at
        if caller:
            self.note("caller", f"[{caller}]" if keys else caller, at)

    def note(self, who: str, text: str, at: float) -> None:
        """Add a line that is not the assistant's."""
        line = Line(who, text, at)
        self._lines.append(line)
        self._listener(line)

    def hear(self, heard: Heard) -> None:
        """Add what is heard; the silence before it is worked out here."""
        heard = replace(heard, wait_s=max(0.0, heard.at - self._quiet_since))
        self._quiet_since = heard.ends_at
        self.turns[-1].heard.append(heard)
        self._listener(heard)

    def cut(self, at: float) -> None:
        """The caller spoke over what was being said: what would have come after this moment was not heard."""
        kept = [heard for heard in self.turns[-1].heard if heard.at < at]
        if kept and kept[-1].ends_at > at:
            kept[-1] = replace(kept[-1], cut_after_s=at - kept[-1].at)
            self._listener(kept[-1])
        self.turns[-1].heard = kept

    def exchanged(self, step: Step) -> None:
        """Add an HTTP exchange."""
        self.steps.append(step)
        self._listener(step)

    def warn(self, code: int | None, message: str) -> None:
        """Add a warning."""
        warning = CallWarning(code, message)
        self.warnings.append(warning)
        self._listener(warning)
