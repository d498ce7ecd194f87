"""Lists handoffs, with the person that took each and its waiting time."""

from flask import request

from dashboard import query_params
from dashboard.blueprint import bp
from dashboard.layout import render
from dashboard.services import services
from storage.base import utc_now
from storage.reports import lists


@bp.get("/handoffs")
def handoffs() -> str:
    """Show all handoffs, or the waiting ones."""
    waiting = request.args.get("which") == "waiting"
    with services().database.read() as connection:
        page = lists.handoff_log(connection, waiting=waiting, before=query_params.whole("before"))
    return render(
        "handoffs.html",
        here="handoffs",
        page=page,
        waiting=waiting,
        is_first="before" not in request.args,
        now=utc_now(),
    )
