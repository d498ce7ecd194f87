"""Lists handoffs, with the person that took each and its waiting time."""

from dataclasses import dataclass
from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue

from dashboard import query_params
from dashboard.blueprint import bp
from dashboard.layout import render
from dashboard.live_updates import digest
from dashboard.services import services
from storage.base import utc_now
from storage.reports import lists, overview
from storage.reports.lists import HandoffRow, Page

CHOICES = ("waiting", "missed")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list, and how many there are that wait and that were missed, on every page."""

    page: Page[HandoffRow]
    waiting: int
    missed: int
    now: datetime

    @property
    def seen(self) -> str:
        """Return a value that changes with anything shown: of those that wait, also how long, by the minute."""
        waits = any(row.waits for row in self.page.rows)
        return digest(
            (self.page, self.waiting, self.missed, waits and self.now.replace(second=0, microsecond=0))
        )


@bp.get("/handoffs")
def handoffs() -> str:
    """Show all handoffs, the waiting ones, or those to which nobody came."""
    return _page("handoffs.html", _read())


@bp.get("/handoffs/listed")
def handoffs_listed() -> ResponseReturnValue:
    """Show the list alone; 204 if the page is up to date."""
    listed = _read()
    return ("", 204) if request.args.get("seen") == listed.seen else _page("handoffs_live.html", listed)


def _read() -> Listed:
    which = _which()
    with services().database.read() as connection:
        page = lists.handoff_log(
            connection,
            waiting=which == "waiting",
            missed=which == "missed",
            before=query_params.whole("before"),
        )
        waiting, missed = overview.waiting_handoffs(connection), overview.missed_handoffs(connection)
    return Listed(page, waiting, missed, utc_now())


def _which() -> str | None:
    asked = request.args.get("which")
    return asked if asked in CHOICES else None


def _page(template: str, listed: Listed) -> str:
    return render(
        template,
        here="handoffs",
        listed=listed,
        page=listed.page,
        which=_which(),
        reaches_people=services().reaches_people,
        is_first="before" not in request.args,
        now=listed.now,
    )
