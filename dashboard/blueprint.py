"""The dashboard's routes, put together: each page's own module adds its views."""

from math import ceil

import structlog
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.auth import Access, WrongPassword, next_page, set_headers
from dashboard.layout import add_error_pages, render, speak_to_reader
from dashboard.pages.assistant import add_assistant, add_campaigns
from dashboard.pages.calls import add_calls
from dashboard.pages.conversations import add_conversations
from dashboard.pages.handoffs import add_handoffs
from dashboard.pages.home import add_home
from dashboard.pages.media import add_media
from dashboard.pages.messages import add_whatsapp_log
from dashboard.services import DashboardServices
from dashboard.simulator.phone import add_phone
from dashboard.simulator.whatsapp import add_whatsapp
from translations import gettext as _


def dashboard_blueprint(services: DashboardServices, access: Access) -> Blueprint:
    """Return the dashboard, guarded. Of the services only the profile is asked for here."""
    blueprint = Blueprint(
        "dashboard", __name__, url_prefix="/dashboard", static_folder="static", template_folder="templates"
    )
    speak_to_reader(blueprint)
    blueprint.before_request(structlog.contextvars.clear_contextvars)
    blueprint.before_request(access.guard)
    blueprint.after_request(set_headers)
    blueprint.record_once(lambda state: state.app.add_url_rule("/", "front_door", _front_door))
    add_error_pages(blueprint)
    add_login(blueprint, access)
    add_home(blueprint, services)
    add_assistant(blueprint, services)
    add_campaigns(blueprint)
    add_phone(blueprint, services)
    add_whatsapp(blueprint, services)
    add_conversations(blueprint, services)
    add_media(blueprint, services)
    add_calls(blueprint, services)
    add_whatsapp_log(blueprint, services)
    add_handoffs(blueprint, services)
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
            return _login_page(wanted, _("The password is not right.")), 401
        if wait_s is None:
            return redirect(wanted)
        minutes = ceil(wait_s / 60)
        page = _login_page(
            wanted, _("Too many tries. Wait {minutes} min and try again.").format(minutes=minutes)
        )
        return page, 429, {"Retry-After": str(ceil(wait_s))}

    @blueprint.post("/logout")
    def logout() -> ResponseReturnValue:
        access.log_out()
        return redirect(url_for("dashboard.login"))


def _login_page(wanted: str, complaint: str = "") -> str:
    return render("login.html", wanted=wanted, complaint=complaint)
