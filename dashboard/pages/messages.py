"""Lists WhatsApp messages with their status and its reason, and resends failed ones."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from dashboard import query_params
from dashboard.actions.retries import may_retry
from dashboard.blueprint import bp
from dashboard.error_messages import reason_for_message
from dashboard.layout import render
from dashboard.live_updates import digest
from dashboard.pages.conversations import done
from dashboard.services import services
from storage.reports import lists
from storage.reports.lists import MessageRow, Page
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
    return _page("messages.html", _read())


@bp.get("/messages/listed")
def messages_listed() -> ResponseReturnValue:
    """Show the list alone; 204 if the page is up to date."""
    page = _read()
    return ("", 204) if request.args.get("seen") == digest(page) else _page("messages_live.html", page)


@bp.post(f"/messages/<{query_params.ID}:message_id>/retry")
def retry(message_id: int) -> ResponseReturnValue:
    """Resend a message."""
    return done("retry", lambda operators: operators.retry(message_id), url_for("dashboard.messages"))


def _which() -> str:
    wanted = request.args.get("which", "all")
    return wanted if wanted in WHICH else "all"


def _read() -> Page[MessageRow]:
    with services().database.read() as connection:
        return lists.message_log(
            connection,
            outbound=_OUTBOUND.get(_which()),
            lost=_which() == "lost",
            before=query_params.whole("before"),
        )


def _page(template: str, page: Page[MessageRow]) -> str:
    return render(
        template,
        here="messages",
        page=page,
        seen=digest(page),
        which=_which(),
        kinds=WHICH,
        reason_for=reason_for_message,
        may_retry=may_retry,
        is_first="before" not in request.args,
    )
