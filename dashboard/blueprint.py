"""The dashboard's routes, put together: each page's own module adds its views."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import structlog
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from conversation.profiles.profile import Profile
from dashboard.actions import Operators
from dashboard.auth import Access, WrongPassword, next_page, set_headers
from dashboard.charts.costs import Prices
from dashboard.layout import add_error_pages, render
from dashboard.live_updates import Live
from dashboard.pages.assistant import add_assistant, add_campaigns
from dashboard.pages.calls import add_calls
from dashboard.pages.conversations import add_conversations
from dashboard.pages.handoffs import add_handoffs
from dashboard.pages.home import add_home
from dashboard.pages.media import Pictures, add_media
from dashboard.pages.messages import add_whatsapp_log
from dashboard.simulator.phone import add_phone
from dashboard.simulator.views import Booth
from dashboard.simulator.whatsapp import add_whatsapp
from dashboard.texts import ACCESS, pick
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """What the pages are given. off: the sentences about what is not configured, in a language ("es" or "en")."""

    database: Database
    profile: Profile
    profile_file: str
    models: Sequence[str]
    """The models that answer, first choice first."""
    off: Callable[[str], Sequence[str]]
    booth: Booth
    """Where browsers make calls and write."""
    operators: Operators
    live: Live
    pictures: Pictures
    prices: Prices | None = None
    """The model's; None: they are not set, and what it costs is not said."""


def dashboard_blueprint(desk: Desk, access: Access) -> Blueprint:
    """Return the dashboard, guarded."""
    blueprint = Blueprint(
        "dashboard", __name__, url_prefix="/dashboard", static_folder="static", template_folder="templates"
    )
    blueprint.before_request(structlog.contextvars.clear_contextvars)
    blueprint.before_request(access.guard)
    blueprint.after_request(set_headers)
    blueprint.record_once(lambda state: state.app.add_url_rule("/", "front_door", _front_door))
    add_error_pages(blueprint)
    add_login(blueprint, access)
    add_home(blueprint, desk.database, off=desk.off, prices=desk.prices)
    add_assistant(blueprint, desk.profile, desk.models, file=desk.profile_file)
    add_campaigns(blueprint)
    add_phone(blueprint, desk.booth)
    add_whatsapp(blueprint, desk.booth)
    add_conversations(blueprint, desk.database, desk.operators, desk.live)
    add_media(blueprint, desk.database, desk.pictures)
    add_calls(blueprint, desk.database, desk.operators, desk.live)
    add_whatsapp_log(blueprint, desk.database, desk.operators)
    add_handoffs(blueprint, desk.database)
    return blueprint


def _front_door() -> ResponseReturnValue:
    """Lead whoever opens the bare address to the dashboard, which has its own guard."""
    return redirect(url_for("dashboard.home"))


def add_login(blueprint: Blueprint, access: Access) -> None:
    """Add the pages by which an operator comes in and leaves."""

    @blueprint.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        wanted = next_page(request.args.get("next", ""))
        if not access.has_password:
            return redirect(wanted)
        if request.method == "GET":
            return _login_page(wanted)
        try:
            wait_s = access.log_in(request.form.get("password", ""))
        except WrongPassword:
            return _login_page(wanted, pick(ACCESS).wrong), 401
        if wait_s is None:
            return redirect(wanted)
        minutes = ceil(wait_s / 60)
        page = _login_page(wanted, pick(ACCESS).locked.format(minutes=minutes))
        return page, 429, {"Retry-After": str(ceil(wait_s))}

    @blueprint.post("/logout")
    def logout() -> ResponseReturnValue:
        access.log_out()
        return redirect(url_for("dashboard.login"))


def _login_page(wanted: str, complaint: str = "") -> str:
    return render("login.html", ACCESS, wanted=wanted, complaint=complaint)
