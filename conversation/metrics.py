"""The metrics of conversations, and a Protocol for counting them that is independent of any monitoring system."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter.

    labels: names of its labels. Their values are few and known beforehand: never a number, a word or an id.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram of durations. labels: as a Counter's. buckets: upper bounds in seconds, rising."""

    name: str
    help: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]


class Metrics(Protocol):
    """Records metrics. No method raises or blocks. Label values come in the order of the labels."""

    def count(self, counter: Counter, *labels: str, by: float = 1) -> None:
        """Add to a counter."""
        ...

    def observe(self, histogram: Histogram, *labels: str, seconds: float) -> None:
        """Record a duration in seconds."""
        ...


class NullMetrics:
    """Counts nothing."""

    def count(self, counter: Counter, *labels: str, by: float = 1) -> None:
        """Do nothing."""

    def observe(self, histogram: Histogram, *labels: str, seconds: float) -> None:
        """Do nothing."""


NO_METRICS = NullMetrics()

ANSWERS = Counter(
    "assistant_answers", "Answers that a model was asked for, by how they ended.", ("channel", "outcome")
)
FIRST_WORD = Histogram(
    "assistant_first_word_seconds",
    "From the claim of a turn to the first sentence that can be spoken; an apology's too.",
    ("channel",),
    (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 8, 12, 20),
)
MODEL_TIME = Histogram(
    "assistant_model_seconds",
    "How long a model's stream was read, by what became of it.",
    ("model", "result"),
    (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 20),
)
TOKENS = Counter("assistant_model_tokens", "Tokens of answers, as the model counts them.", ("model", "kind"))
