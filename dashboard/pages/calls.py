"""Lists calls: live ones with their transcript, and past ones."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from dashboard import query_params
from dashboard.actions import Operators
from dashboard.charts.latency import plot
from dashboard.layout import render
from dashboard.live_updates import CALLS as TOPIC
from dashboard.live_updates import Live, version
from dashboard.pages.conversations import stream
from dashboard.services import DashboardServices
from storage.reports import lists


def add_calls(blueprint: Blueprint, services: DashboardServices) -> None:
    """Add the page of calls, and the part of it that follows them."""

    @blueprint.get("/calls")
    def calls() -> str:
        before = query_params.whole("before")
        with services.database.read() as connection:
            past = lists.past_calls(connection, before=before)
            going_on = _going_on(connection)
        return _page(
            "calls.html", services.operators, services.live, going_on, past=past, is_first=before is None
        )

    @blueprint.get("/calls/going-on")
    def calls_going_on() -> ResponseReturnValue:
        with services.database.read() as connection:
            if request.args.get("seen") == version(connection, TOPIC):
                return "", 204
            going_on = _going_on(connection)
        return _page("calls_live.html", services.operators, services.live, going_on)

    @blueprint.get("/calls/live")
    def follow_calls() -> ResponseReturnValue:
        return stream(services.live, TOPIC)


def _going_on(connection: Connection) -> tuple[list[lists.CallRow], str]:
    return lists.live_calls(connection), version(connection, TOPIC)


def _page(
    template: str,
    operators: Operators,
    live: Live,
    going_on: tuple[list[lists.CallRow], str],
    **values: object,
) -> str:
    found, seen = going_on
    return render(
        template,
        here="calls",
        going_on=found,
        seen=seen,
        is_full=live.is_full,
        can=operators.calls,
        plot=plot,
        **values,
    )
