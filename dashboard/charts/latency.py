"""Plots callers' waits as a bar for each answer."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, BAR, STEP = 28, 6, 8
MOST_BARS = 40
SHORT_MS, LONG_MS = 1500, 3000
FULL_MS = 4000
"""Minimum wait of a full-height bar: a fallback model is asked by then."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar. level: its colour's name in the style sheet."""

    x: int
    y: int
    height: int
    level: str
    ms: int


@dataclass(frozen=True, slots=True)
class Waits:
    """A plot of the last waits, and its longest one."""

    bars: Sequence[Bar]
    width: int
    longest_ms: int
    height: int = HEIGHT
    bar: int = BAR


def plot(waits_ms: Sequence[int]) -> Waits | None:
    """Plot some waits; return None if there are none."""
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
