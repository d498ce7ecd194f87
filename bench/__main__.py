"""`python -m bench`: measure, print the table, end with 1 where something is not what it must be.

2: it could not be measured.
"""

import signal
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

from bench import dashboard, figures, people, whatsapp
from bench.campaigns import measures as campaigns
from bench.figures import Bench, CampaignSize, ChatSize, DashboardSize, PeopleSize, Size
from bench.load import Crowd
from bench.processes import BenchError, machine
from bench.report import Row, machine_line, markdown, print_table

FIGURES = figures.FIGURES | whatsapp.FIGURES | people.FIGURES | dashboard.FIGURES | campaigns.FIGURES
QUICK = {
    "turns": 20, "calls": 60, "seconds": 18.0, "long_calls": 2, "history_turns": 50_000,
    "people": 100, "rounds": 4, "alone": 8, "long_chats": 2, "long_chat": 200, "messages": 2000,
    "contacts": 100, "exchanges": 10, "backlog": 50, "handoffs": 40,
    "windows": 50, "watched_calls": 10, "watches": 2, "past_messages": 50_000, "opens": 5,
    "lines": 100_000, "recipients": 300,
}  # fmt: skip
FULL = {
    "turns": 120, "calls": 300, "seconds": 54.0, "long_calls": 8, "history_turns": 1_000_000,
    "people": 100, "rounds": 15, "alone": 40, "long_chats": 8, "long_chat": 1000, "messages": 10_000,
    "contacts": 100, "exchanges": 40, "backlog": 95, "handoffs": 200,
    "windows": 50, "watched_calls": 10, "watches": 8, "past_messages": 1_000_000, "opens": 20,
    "lines": 100_000, "recipients": 10_000,
}  # fmt: skip


@click.command()
@click.option(
    "--only", multiple=True, type=click.Choice(sorted(FIGURES)), help="Measure this alone; may be repeated."
)
@click.option("--quick", is_flag=True, help="Much shorter. What it says of percentiles is rough.")
@click.option("--turns", type=click.IntRange(1), help="Turns of one call after another (120).")
@click.option("--calls", type=click.IntRange(1), help="Calls at once (300).")
@click.option("--every", default=9.0, show_default=True, help="Seconds from turn to turn of each of them.")
@click.option("--seconds", type=float, help="For how long they are measured (54).")
@click.option("--close", is_flag=True, help="The calls at once open a connection for each request.")
@click.option("--long-calls", type=click.IntRange(1), help=f"Calls of 200 turns ({FULL['long_calls']}).")
@click.option("--history-turns", type=click.IntRange(8), help="Turns in the big database (1000000).")
@click.option("--people", type=click.IntRange(1, 100), help="People at once on WhatsApp (100).")
@click.option("--rounds", type=click.IntRange(1), help=f"Messages of each of them ({FULL['rounds']}).")
@click.option("--alone", type=click.IntRange(1), help=f"Messages of one person alone ({FULL['alone']}).")
@click.option("--long-chats", type=click.IntRange(1, 49), help=f"Long chats ({FULL['long_chats']}).")
@click.option("--long-chat", type=click.IntRange(20), help=f"Messages of a long chat ({FULL['long_chat']}).")
@click.option("--messages", type=click.IntRange(10), help="Messages over which memory is looked at (10000).")
@click.option("--windows", type=click.IntRange(1), help="Windows of the dashboard that follow calls (50).")
@click.option("--watched-calls", type=click.IntRange(1), help="Calls that they follow (10).")
@click.option("--watches", type=click.IntRange(1), help=f"How often they are opened ({FULL['watches']}).")
@click.option("--past-messages", type=click.IntRange(100), help="Messages that pages open over (1000000).")
@click.option("--opens", type=click.IntRange(1), help=f"How often each page is opened ({FULL['opens']}).")
@click.option("--contacts", type=click.IntRange(1, 100), help="Contacts mirrored to Chatwoot at once (100).")
@click.option(
    "--exchanges", type=click.IntRange(1, 95), help="Messages and answers of each contact for Chatwoot (40)."
)
@click.option(
    "--backlog", type=click.IntRange(1, 95), help="Messages and answers of one contact for Chatwoot (95)."
)
@click.option("--handoffs", type=click.IntRange(1), help="Requests for a person (200).")
@click.option("--lines", type=click.IntRange(1, 100_000), help="Lines of a campaign's list (100000).")
@click.option("--recipients", type=click.IntRange(10), help="Recipients of a campaign (10000).")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the table as docs/costs.md shows it.")
def main(
    only: tuple[str, ...],
    quick: bool,
    every: float,
    close: bool,
    as_markdown: bool,
    **given: float | None,
) -> None:
    """Measure what the program costs, beside the smallest app that does the same."""
    sizes = (QUICK if quick else FULL) | {name: value for name, value in given.items() if value is not None}
    size = Size(
        turns=int(sizes["turns"]),
        crowd=Crowd(int(sizes["calls"]), every, sizes["seconds"], keep_alive=not close),
        long_calls=int(sizes["long_calls"]),
        history_turns=int(sizes["history_turns"]),
        history_samples=max(1, int(sizes["turns"]) // 2),
        chats=ChatSize(
            **{
                name: int(sizes[name])
                for name in ("people", "rounds", "alone", "long_chats", "long_chat", "messages")
            },
        ),
        people=PeopleSize(
            **{name: int(sizes[name]) for name in ("contacts", "exchanges", "backlog", "handoffs")}
        ),
        dashboard=DashboardSize(
            windows=int(sizes["windows"]),
            calls=int(sizes["watched_calls"]),
            rounds=int(sizes["watches"]),
            messages=int(sizes["past_messages"]),
            opens=int(sizes["opens"]),
        ),
        campaigns=CampaignSize(lines=int(sizes["lines"]), recipients=int(sizes["recipients"])),
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started ends with it
    console = Console(stderr=True)
    about = machine_line()
    console.print(about)
    rows = _measure(only or tuple(FIGURES), size, console)
    if as_markdown:
        click.echo(markdown(rows, about))
    else:
        print_table(rows, Console())
    missed = [row for row in rows if row.is_met is False]
    sys.exit(1 if missed else 0)


def _measure(names: tuple[str, ...], size: Size, console: Console) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, machine(Path(folder)) as running:
        bench = Bench(running, size, lambda text: console.print(f"[dim]{text}[/dim]"))
        try:
            for name in FIGURES:
                if name in names:
                    for row in FIGURES[name](bench):
                        console.print(f"{row.figure}: {row.measured}", highlight=False)
                        rows.append(row)
        except BenchError as error:
            console.print(str(error))
            sys.exit(2)
        except Exception:  # noqa: BLE001 - whatever it is: 1 would say that all was measured
            console.print_exception()
            sys.exit(2)
    return rows


if __name__ == "__main__":
    main()
