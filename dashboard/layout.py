"""Provides every page's texts, navigation, static files and error pages."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from flask import Flask, current_app, g, render_template, request, url_for
from jinja2 import StrictUndefined
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, NotFound

from dashboard.auth import LinkNeeded, LinkUsedUp, is_logged_in
from dashboard.authors import FILTERS as WORDS
from dashboard.blueprint import bp
from dashboard.changes import ForeignPage, LoginNeeded
from dashboard.formatting import FILTERS
from dashboard.forms import new_number
from dashboard.labels import FILTERS as NAMES
from dashboard.operator_names import operator_name
from dashboard.settings_markup import mark_settings
from translations import (
    Message,
    current_language,
    gettext,
    in_language,
    languages,
    lazy_gettext,
    ngettext,
    npgettext,
    pgettext,
)
from translations import gettext as _

log = structlog.get_logger()

STATIC = Path(__file__).parent / "static"
NAV = {
    "home": lazy_gettext("Home"),
    "conversations": lazy_gettext("Conversations"),
    "calls": lazy_gettext("Calls"),
    "messages": lazy_gettext("WhatsApp"),
    "handoffs": lazy_gettext("Handoffs"),
    "campaigns": lazy_gettext("Campaigns"),
    "assistant": lazy_gettext("Assistant"),
    "doctor": lazy_gettext("Diagnosis"),
    "phone": lazy_gettext("Try it"),
}
"""The pages in the navigation, by endpoint and in order; an endpoint without a page is left out."""
DEFAULT_LANGUAGE = "es"
"""The language for browsers that accept none of the available ones."""
_STALE = lazy_gettext("The page was too old or the session has ended. Open it again and repeat that.")
_REASONS = {
    400: _STALE,
    401: _STALE,
    403: lazy_gettext(
        "Without a password the dashboard opens on the machine itself only. Set DASHBOARD_PASSWORD in .env "
        "and restart to open it from here."
    ),
    404: lazy_gettext("There is no such page."),
    413: lazy_gettext("It is too large."),
}
_REASONS_OF_LINKS: dict[type[HTTPException], Message] = {
    LinkNeeded: lazy_gettext(
        "This server has a public address (WEBHOOK_URL), and without a password the dashboard opens with a link alone: "
        "flask --app app dashboard-link prints one. Or set DASHBOARD_PASSWORD in .env and restart."
    ),
    LinkUsedUp: lazy_gettext(
        "This link was used already, or is older than ten minutes. flask --app app dashboard-link prints another one."
    ),
    LoginNeeded: lazy_gettext(
        "To change something, log in with the password or open the dashboard with a link, on this machine too: "
        "flask --app app dashboard-link prints one."
    ),
    ForeignPage: lazy_gettext(
        "That was not sent from a page of this dashboard. Open the page again and repeat it."
    ),
}


@dataclass(frozen=True)
class Shell:
    """The elements shared by all pages."""

    business: str
    zone: ZoneInfo


def render(template: str, *, here: str = "", **values: Any) -> str:
    """Return a page in the reader's language. here: its endpoint in NAV."""
    language = current_language().replace("_", "-")
    return render_template(template, here=here, language=language, nav=_nav(), **values)


@bp.url_value_preprocessor  # before any refusal, so that it is translated too
def begin(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Set the language preferred by the browser for the whole request."""
    structlog.contextvars.clear_contextvars()
    g.language_scope = ExitStack()
    g.language_scope.enter_context(in_language(_preferred_language()))


@bp.teardown_request
def end(error: BaseException | None) -> None:
    """Reset the language."""
    if (language_scope := g.pop("language_scope", None)) is not None:
        language_scope.close()


def prepare_templates(app: Flask, shell: Shell) -> None:
    """Add the texts and functions shared by all pages to the templates. An undefined name is an error."""
    app.extensions["dashboard"] = shell
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension defines it
        gettext, ngettext, newstyle=False, pgettext=pgettext, npgettext=npgettext
    )
    app.jinja_env.filters.update(FILTERS, **NAMES, **WORDS, mark_settings=mark_settings)
    app.jinja_env.globals.update(
        _=gettext,  # the extension's own searches the page's context first, for every word
        file_url=file_url,
        form_number=new_number,
        page_url=page_url,
        is_logged_in=is_logged_in,
        operator_name=operator_name,
        business=shell.business,
    )


def file_url(name: str) -> str:
    """Return a static file's URL, versioned by content so that browsers can cache it for long."""
    return url_for("dashboard.static", filename=name, v=_digest(name))


def page_url(endpoint: str) -> str:
    """Return the URL of a dashboard page; "" if it does not exist."""
    return url_for(f"dashboard.{endpoint}") if f"dashboard.{endpoint}" in current_app.view_functions else ""


@bp.route("/<path:_missing>", methods=["GET", "POST"])
def missing(_missing: str) -> str:
    """Show the error page for unknown addresses, behind the guard."""
    raise NotFound


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> tuple[str, int]:
    """Show why a request was refused."""
    reason = _REASONS_OF_LINKS.get(type(error)) or _REASONS.get(error.code or 0)
    return _error_page(str(reason or error.name), error.code or 500)


@bp.errorhandler(SQLAlchemyError)
def no_database(error: SQLAlchemyError) -> tuple[str, int]:
    """Show that the database cannot be reached."""
    log.error("page_without_database", path=request.path, error=type(error).__name__)
    return _error_page(_("The database cannot be reached. Try again in a moment."), 503)


@bp.errorhandler(Exception)
def broke(error: Exception) -> tuple[str, int]:
    """Show an internal error."""
    log.exception("page_broke", path=request.path, error=type(error).__name__)
    return _error_page(_("Something broke. The server's log says what."), 500)


def _error_page(reason: str, status: int) -> tuple[str, int]:
    return render("sorry.html", reason=reason), status


def _preferred_language() -> str:
    offered = (DEFAULT_LANGUAGE, *(name for name in languages() if name != DEFAULT_LANGUAGE))
    return request.accept_languages.best_match(offered, default=DEFAULT_LANGUAGE)


def _nav() -> list[tuple[str, str]]:
    known = current_app.view_functions
    return [(endpoint, str(name)) for endpoint, name in NAV.items() if f"dashboard.{endpoint}" in known]


@cache
def _digest(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]
