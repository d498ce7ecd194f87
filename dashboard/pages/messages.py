"""Lists WhatsApp messages with their status and its reason, and resends failed ones."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from dashboard import query_params
from dashboard.actions import may_retry
from dashboard.blueprint import bp
from dashboard.error_messages import reason_for_message
from dashboard.layout import render
from dashboard.pages.conversations import done
from dashboard.services import services
from storage.reports import lists
from translations import lazy_gettext, lazy_pgettext

WHICH = {
    "all": lazy_gettext("All"),
    "incoming": lazy_gettext("Received"),
    "outgoing": lazy_pgettext("of messages", "Sent"),
    "lost": lazy_gettext("Not delivered"),
}
"""Filters of the message list."""
_OUTBOUND = {"incoming": False, "outgoing": True}


@bp.get("/messages")
def messages() -> str:
    """Show the messages, filtered if requested."""
    wanted = request.args.get("which", "all")
    which = wanted if wanted in WHICH else "all"
    with services().database.read() as connection:
        page = lists.message_log(
            connection,
            outbound=_OUTBOUND.get(which),
            lost=which == "lost",
            before=query_params.whole("before"),
        )
    return render(
        "messages.html",
        here="messages",
        page=page,
        which=which,
        kinds=WHICH,
        reason_for=reason_for_message,
        may_retry=may_retry,
        is_first="before" not in request.args,
    )


@bp.post(f"/messages/<{query_params.ID}:message_id>/retry")
def retry(message_id: int) -> ResponseReturnValue:
    """Resend a message."""
    return done("retry", lambda: services().operators.retry(message_id), url_for("dashboard.messages"))
