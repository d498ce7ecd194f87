"""What every page is made with: its texts, the navigation, the files it loads, and what is shown when it fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from flask import Blueprint, Flask, current_app, render_template, request, url_for
from jinja2 import StrictUndefined
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, NotFound

from dashboard.auth import is_logged_in
from dashboard.formatting import FILTERS
from dashboard.settings_markup import mark_settings
from dashboard.texts import ACCESS, SHELL, AccessTexts, language, pick

log = structlog.get_logger()

STATIC = Path(__file__).parent / "static"
NAV = ("home", "conversations", "calls", "messages", "handoffs", "campaigns", "assistant", "phone")
"""The pages that the navigation shows, by endpoint and in order; one that is not there is left out."""


@dataclass(frozen=True)
class Shell:
    """What is the same on every page."""

    business: str
    zone: ZoneInfo


def render(template: str, table: Mapping[str, Any], *, here: str = "", **values: Any) -> str:
    """Return a page in the reader's language.

    table: the page's texts per language, `t` in the template. here: the endpoint in NAV that the page belongs to.
    """
    return render_template(
        template, t=pick(table), here=here, shell=pick(SHELL), language=language(), nav=_nav(), **values
    )


def prepare_templates(app: Flask, shell: Shell) -> None:
    """Give the application's templates what every page uses. A name that is missing in one is an error."""
    app.extensions["dashboard"] = shell
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS, mark_settings=mark_settings)
    app.jinja_env.globals.update(
        file_url=file_url, page_url=page_url, is_logged_in=is_logged_in, business=shell.business
    )


def file_url(name: str) -> str:
    """Return the URL of a file in static/, which changes with its content so that it can be kept for long."""
    return url_for("dashboard.static", filename=name, v=_digest(name))


def page_url(endpoint: str) -> str:
    """Return the URL of a page of the dashboard; nothing where there is no such page."""
    return url_for(f"dashboard.{endpoint}") if f"dashboard.{endpoint}" in current_app.view_functions else ""


def add_error_pages(blueprint: Blueprint) -> None:
    """Have what is refused, missing or broken shown as a page."""

    @blueprint.route("/<path:_missing>", methods=["GET", "POST"])
    def missing(_missing: str) -> str:
        raise NotFound

    @blueprint.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[str, int]:
        return _sorry(_reason(error, pick(ACCESS)), error.code or 500)

    @blueprint.errorhandler(SQLAlchemyError)
    def no_database(error: SQLAlchemyError) -> tuple[str, int]:
        log.error("page_without_database", path=request.path, error=type(error).__name__)
        return _sorry(pick(ACCESS).unavailable, 503)

    @blueprint.errorhandler(Exception)
    def broke(error: Exception) -> tuple[str, int]:
        log.exception("page_broke", path=request.path, error=type(error).__name__)
        return _sorry(pick(ACCESS).broken, 500)


def _sorry(reason: str, status: int) -> tuple[str, int]:
    return render("sorry.html", ACCESS, reason=reason), status


def _reason(error: HTTPException, texts: AccessTexts) -> str:
    known = {
        400: texts.stale_form,
        401: texts.stale_form,
        403: texts.not_from_here,
        404: texts.missing,
        413: texts.too_large,
    }
    return known.get(error.code or 0, error.name)


def _nav() -> list[tuple[str, str]]:
    names = pick(SHELL).nav
    known = current_app.view_functions
    return [(endpoint, names[endpoint]) for endpoint in NAV if f"dashboard.{endpoint}" in known]


@cache
def _digest(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]
