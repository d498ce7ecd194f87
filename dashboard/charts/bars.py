"""Computes bar plots for templates to draw as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, log10

WIDTH, HEIGHT = 360, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 10, 8, 18
_LABELS = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a plot, or one hour (a datetime): its bar and label."""

    x: float
    y: float
    width: float
    height: float
    day: date
    count: int
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """A bar plot. top: the value of the upper line, or 0 without data."""

    bars: Sequence[Bar]
    top: int
    top_y: float = _TOP
    floor_y: float = HEIGHT - _BOTTOM
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    width: int = WIDTH
    height: int = HEIGHT


def bars_of(counts: Sequence[tuple[date, int]]) -> Plot:
    """Plot a number for each of several days or hours, oldest first. An hour is a datetime."""
    top = round_up(max(count for _, count in counts))
    step = (WIDTH - _LEFT - _RIGHT) / len(counts)
    full = HEIGHT - _TOP - _BOTTOM
    every = ceil(len(counts) / _LABELS)
    bars = []
    for index, (day, count) in enumerate(counts):
        height = round(full * count / top, 1) if top else 0
        bars.append(
            Bar(
                x=round(_LEFT + index * step + step * 0.15, 1),
                y=round(_TOP + full - height, 1),
                width=round(step * 0.7, 1),
                height=height,
                day=day,
                count=count,
                is_labelled=(len(counts) - 1 - index) % every == 0,
            )
        )
    return Plot(bars, top)


def round_up(most: int) -> int:
    """Return the next number easy to read on an axis: 1, 2, 3, 4, 5, 6, 8 or 10 times a power of ten."""
    if most <= 0:
        return 0
    power: int = 10 ** int(log10(most))
    return next(times * power for times in (1, 2, 3, 4, 5, 6, 8, 10) if times * power >= most)
