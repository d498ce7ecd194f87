"""The dashboard's routes: login and logout here, each page in a module of its own."""

from math import ceil

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.auth import WrongPassword, access, next_page
from dashboard.blueprint import bp
from dashboard.layout import render
from dashboard.operator_names import MOST_NAME, clean_name, operator_name, remember_name
from dashboard.pages import (
    assistant,
    calls,
    campaign_drafts,
    campaigns,
    conversation_list,
    conversations,
    doctor,
    handoffs,
    home,
    media,
    messages,
    new_campaign,
)
from dashboard.simulator import phone, whatsapp
from translations import gettext as _

__all__ = ["bp", "redirect_to_dashboard"]

PAGES = (
    home, conversation_list, conversations, calls, messages, handoffs, campaigns, new_campaign, campaign_drafts,
    assistant, doctor, media, phone, whatsapp,
)  # fmt: skip
"""Modules with views of the blueprint; importing them adds the views."""


def redirect_to_dashboard() -> ResponseReturnValue:
    """Redirect the bare address to the dashboard, which has its own guard."""
    return redirect(url_for("dashboard.home"))


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Log an operator in by password."""
    wanted = next_page(request.args.get("next", ""))
    if not access().has_password:
        return redirect(wanted)
    if request.method == "GET":
        return _login_page(wanted)
    name = clean_name(request.form.get("name", ""))
    if not name and "name" in request.form:
        return _login_page(wanted, _("Say who you are, in letters.")), 400
    try:
        wait_s = access().log_in(request.form.get("password", ""), name)
    except WrongPassword:
        return _login_page(wanted, _("The password is not right.")), 401
    if wait_s is None:
        return redirect(wanted)
    complaint = _(
        "Too many tries. Wait {minutes} min and try again, or open it with a link, which "
        "flask --app app dashboard-link prints on the server's machine."
    ).format(minutes=ceil(wait_s / 60))
    return _login_page(wanted, complaint), 429, {"Retry-After": str(ceil(wait_s))}


@bp.get("/open")
def open_by_link() -> ResponseReturnValue:
    """Let an operator in who brings a link of `flask --app app dashboard-link`, and ask who they are."""
    access().open_by_link(request.args.get("key", ""))
    return redirect(url_for("dashboard.name"))


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """End an operator's session."""
    access().log_out()
    return redirect(url_for("dashboard.login"))


@bp.route("/name", methods=["GET", "POST"])
def name() -> ResponseReturnValue:
    """Ask an operator's name: whoever came by a link, or has another one now."""
    wanted = next_page(request.args.get("next", ""))
    if request.method == "GET":
        return _name_page(wanted)
    given = clean_name(request.form.get("name", ""))
    if not given:
        return _name_page(wanted, _("Say who you are, in letters.")), 400
    remember_name(given)
    return redirect(wanted)


def _login_page(wanted: str, complaint: str = "") -> str:
    given = clean_name(request.form.get("name", ""))
    return render("login.html", wanted=wanted, complaint=complaint, given=given, longest=MOST_NAME)


def _name_page(wanted: str, complaint: str = "") -> str:
    return render("name.html", wanted=wanted, complaint=complaint, given=operator_name(), longest=MOST_NAME)
