"""Lists calls: live ones with their transcript, and past ones."""

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from dashboard import query_params
from dashboard.blueprint import bp
from dashboard.charts.latency import plot
from dashboard.layout import render
from dashboard.live_updates import CALLS as TOPIC
from dashboard.live_updates import version
from dashboard.pages.conversations import stream
from dashboard.services import services
from storage.reports import lists


@bp.get("/calls")
def calls() -> str:
    """Show the live calls and the past ones."""
    with services().database.read() as connection:
        return _page("calls.html", connection, query_params.whole("before"))


@bp.get("/calls/going-on")
def calls_going_on() -> ResponseReturnValue:
    """Show the lists alone, with the newest of the past calls; 204 if the page is up to date."""
    with services().database.read() as connection:
        if request.args.get("seen") == version(connection, TOPIC):
            return "", 204
        return _page("calls_live.html", connection)


@bp.get("/calls/live")
def follow_calls() -> ResponseReturnValue:
    """Stream the changes of calls."""
    return stream(TOPIC)


def _page(template: str, connection: Connection, before: int | None = None) -> str:
    return render(
        template,
        here="calls",
        seen=version(connection, TOPIC),  # first, so that no change is missed
        going_on=lists.live_calls(connection),
        past=lists.past_calls(connection, before=before),
        is_first=before is None,
        is_full=services().live.is_full,
        plot=plot,
    )
