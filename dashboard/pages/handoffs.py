"""Lists handoffs, with the person that took each and its waiting time."""

from flask import Blueprint, request

from dashboard import query_params
from dashboard.layout import render
from dashboard.services import DashboardServices
from storage.base import utc_now
from storage.reports import lists


def add_handoffs(blueprint: Blueprint, services: DashboardServices) -> None:
    """Add the page of handoffs."""

    @blueprint.get("/handoffs")
    def handoffs() -> str:
        waiting = request.args.get("which") == "waiting"
        with services.database.read() as connection:
            page = lists.handoff_log(connection, waiting=waiting, before=query_params.whole("before"))
        return render(
            "handoffs.html",
            here="handoffs",
            page=page,
            waiting=waiting,
            is_first="before" not in request.args,
            now=utc_now(),
        )
