"""Plots callers' waits as a bar for each answer."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, BAR, STEP = 28, 6, 8
MOST_BARS = 40
SHORT_MS, LONG_MS = 1500, 3000
FULL_MS = 4000
"""Minimum wait of a full-height bar: by then a fallback model is asked."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar. level: how bad that is, as the style sheet calls it."""

    x: int
    y: int
    height: int
    level: str
    ms: int


@dataclass(frozen=True, slots=True)
class Waits:
    """A plot, and what it says. The last answers, where they are many."""

    bars: Sequence[Bar]
    width: int
    longest_ms: int
    height: int = HEIGHT
    bar: int = BAR


def plot(waits_ms: Sequence[int]) -> Waits | None:
    """Return the plot of some waits; None where nobody waited."""
    shown = waits_ms[-MOST_BARS:]
    if not shown:
        return None
    full = max(FULL_MS, *shown)
    bars = [_bar(n, ms, full) for n, ms in enumerate(shown)]
    return Waits(bars, len(bars) * STEP, max(shown))


def _bar(number: int, ms: int, full: int) -> Bar:
    height = max(2, round(HEIGHT * min(max(ms, 0), full) / full))
    level = "good" if ms <= SHORT_MS else "warn" if ms <= LONG_MS else "bad"
    return Bar(number * STEP, HEIGHT - height, height, level, ms)
