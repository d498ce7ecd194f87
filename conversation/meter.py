"""What is measured of conversations, and the seam that app.py joins: this room knows no monitoring system."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is counted, or, where it has buckets, timed.

    labels: what it is told apart by. Their values are few and known beforehand: never a number, a word or an id.
    buckets: upper bounds in seconds, rising.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


class Meter(Protocol):
    """Who is told. Neither method raises, or makes its caller wait. Label values come in the measure's order."""

    def count(self, measure: Measure, *labels: str, by: float = 1) -> None:
        """Add to a count."""
        ...

    def observe(self, measure: Measure, *labels: str, seconds: float) -> None:
        """Add how long something took."""
        ...


class Unmetered:
    """Nobody is told."""

    def count(self, measure: Measure, *labels: str, by: float = 1) -> None:
        """Tell nobody."""

    def observe(self, measure: Measure, *labels: str, seconds: float) -> None:
        """Tell nobody."""


UNMETERED = Unmetered()

ANSWERS = Measure(
    "assistant_answers", "Answers that a model was asked for, by how they ended.", ("channel", "outcome")
)
FIRST_WORD = Measure(
    "assistant_first_word_seconds",
    "From the claim of a turn to the first sentence that can be spoken; an apology's too.",
    ("channel",),
    (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 8, 12, 20),
)
MODEL_TIME = Measure(
    "assistant_model_seconds",
    "How long a model's stream was read, by what became of it.",
    ("model", "result"),
    (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 20),
)
TOKENS = Measure("assistant_model_tokens", "Tokens of answers, as the model counts them.", ("model", "kind"))
