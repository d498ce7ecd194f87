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
    before = query_params.whole("before")
    with services().database.read() as connection:
        past = lists.past_calls(connection, before=before)
        going_on = _going_on(connection)
    return _page("calls.html", going_on, past=past, is_first=before is None)


@bp.get("/calls/going-on")
def calls_going_on() -> ResponseReturnValue:
    """Show the live calls alone; 204 if the page is up to date."""
    with services().database.read() as connection:
        if request.args.get("seen") == version(connection, TOPIC):
            return "", 204
        going_on = _going_on(connection)
    return _page("calls_live.html", going_on)


@bp.get("/calls/live")
def follow_calls() -> ResponseReturnValue:
    """Stream the changes of calls."""
    return stream(TOPIC)


def _going_on(connection: Connection) -> tuple[list[lists.CallRow], str]:
    return lists.live_calls(connection), version(connection, TOPIC)


def _page(template: str, going_on: tuple[list[lists.CallRow], str], **values: object) -> str:
    found, seen = going_on
    return render(
        template,
        here="calls",
        going_on=found,
        seen=seen,
        is_full=services().live.is_full,
        can=services().operators.calls,
        plot=plot,
        **values,
    )
