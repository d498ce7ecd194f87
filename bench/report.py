"""Formats the results as a table: for the terminal, or as Markdown for docs/costs.md."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

HEADINGS = ("figure", "measured", "must", "floor", "met")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. must "": it is told, nothing hangs on it."""

    figure: str
    measured: str
    must: str = ""
    is_met: bool | None = None
    floor: str = ""

    @property
    def verdict(self) -> str:
        """Return the verdict against the limit."""
        return "" if self.is_met is None else "yes" if self.is_met else "NO"


def below(figure: str, value: float, limit: float, show: str, *, must: str, floor: str = "") -> Row:
    """A figure that must not be above its limit; one that could not be measured is not met."""
    return Row(figure, show, must, value <= limit, floor)


def above(figure: str, value: float, limit: float, show: str, *, must: str, floor: str = "") -> Row:
    """A figure that must not be below its limit; one that could not be measured is not met."""
    return Row(figure, show, must, value >= limit, floor)


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{seconds * 1000:.1f} ms"


def machine_line() -> str:
    """Return the machine and its load: a load near or above the number of cores spoils latencies."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}; load average {load}"


def print_table(rows: Sequence[Row], console: Console) -> None:
    """Print the rows for a terminal."""
    table = Table(*HEADINGS)
    for row in rows:
        style = "red" if row.is_met is False else "dim" if row.is_met is None else ""
        table.add_row(row.figure, row.measured, row.must, row.floor, row.verdict, style=style)
    console.print(table)


def markdown(rows: Sequence[Row], before: str) -> str:
    """Return the rows as a Markdown table, under a line on the machine."""
    lines = [before, "", f"| {' | '.join(HEADINGS)} |", "|---|---|---|---|---|"]
    lines += [f"| {r.figure} | {r.measured} | {r.must} | {r.floor} | {r.verdict} |" for r in rows]
    return "\n".join(lines) + "\n"
