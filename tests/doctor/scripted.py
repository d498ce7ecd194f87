"""Parts that find what they are told to, and may hang, raise or be mended."""

import threading
from dataclasses import dataclass, field

from doctor.findings import Finding, Status
from doctor.parts import Fix
from integrations.errors import NO_CONNECTION, IntegrationError
from translations import Message


def ok(part, sentence="It works."):
    return Finding(part, Status.OK, Message(sentence))


def wrong(part, sentence="It is wrong.", *, advice="Mend it.", **values):
    return Finding(part, Status.FIX, Message(sentence), Message(advice), **values)


def said(findings):
    """Findings as words: each with its status and what to do."""
    return " ".join(f"{found.status}: {found.sentence} {found.advice or ''}" for found in findings)


@dataclass
class ScriptedPart:
    """A part that finds this. error: raised in its place. hangs: until `go_on` is set. looked: how often."""

    name: str
    findings: list = field(default_factory=list)
    error: Exception | None = None
    hangs: bool = False
    looked: int = 0

    def __post_init__(self):
        self.go_on, self.began = threading.Event(), threading.Event()

    def check(self):
        self.looked += 1
        self.began.set()
        if self.hangs:
            self.go_on.wait()
        if self.error is not None:
            raise self.error
        return self.findings or [ok(self.name)]


@dataclass
class MendablePart(ScriptedPart):
    """A part whose webhook stands at a URL, and ought to be ours. foreign: it is replaced only when asked for.

    refusal: of the change. silent: it cannot be asked what stands there.
    """

    stands: str = "https://old.example/voice"
    foreign: bool = False
    refusal: IntegrationError | None = None
    silent: bool = False

    def check(self):
        if self.stands == "https://ours.example/voice":
            return [ok(self.name, "The webhook is right.")]
        sentence = f"The webhook is {self.stands}."
        fix = f"{self.name}-webhook"
        return [wrong(self.name, sentence, fix=fix, stops_calls=True, takes_replace=self.foreign)]

    def fixes(self):
        if self.silent:
            raise IntegrationError("no answer", permanent=False, code=NO_CONNECTION)
        if self.stands == "https://ours.example/voice":
            return []
        then = Message("https://ours.example/voice")
        return [Fix(f"{self.name}-webhook", "Acme", Message(self.stands), then, self.foreign, self._mend)]

    def _mend(self):
        if self.refusal is not None:
            raise self.refusal
        self.stands = "https://ours.example/voice"
