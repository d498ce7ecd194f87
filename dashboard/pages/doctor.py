"""Examines the installation on request, and shows and makes what mends it."""

from hashlib import sha256
from typing import Any

import structlog
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.auth import is_logged_in
from dashboard.blueprint import bp
from dashboard.changes import require_own_login
from dashboard.layout import render
from dashboard.services import services
from doctor.failures import failed
from doctor.labels import STATUSES, part_label
from doctor.parts import Fix
from doctor.runner import apply, will_calls_work
from integrations.errors import IntegrationError
from translations import gettext as _
from translations import lazy_gettext

log = structlog.get_logger()

_THE_SERVICE = lazy_gettext("The service")


@bp.get("/doctor")
def doctor() -> str:
    """Show the page, before anything is examined."""
    return render("doctor.html", here="doctor", findings=None)


@bp.post("/doctor")
def examine() -> str:
    """Examine everything, in at most half a minute, and show it."""
    findings = services().doctor.look()
    shown: dict[str, Any] = {
        "findings": findings,
        "calls_work": will_calls_work(findings),
        "good_news": services().doctor.good_news,
        "statuses": STATUSES,
        "part_label": part_label,
        "may_mend": is_logged_in(),
    }
    if request.headers.get("HX-Request"):
        return render("doctor_findings.html", **shown)
    return render("doctor.html", here="doctor", **shown)


@bp.get("/doctor/fixes/<name>")
def fix(name: str) -> ResponseReturnValue:
    """Show what stands there now and what would stand."""
    try:
        found = services().doctor.fix_named(name)
    except IntegrationError as error:
        return _back("bad", str(failed(_THE_SERVICE, error)))
    if found is None:
        return _back("good", _("There is nothing to change any more."))
    return render("doctor_fix.html", here="doctor", fix=found, seen=_digest(found), may_mend=is_logged_in())


@bp.post("/doctor/fixes/<name>")
def mend(name: str) -> ResponseReturnValue:
    """Make a change that was shown before."""
    require_own_login()
    try:
        found = services().doctor.fix_named(name)
    except IntegrationError as error:
        return _back("bad", str(failed(_THE_SERVICE, error)))
    if found is None:
        return _back("good", _("There is nothing to change any more."))
    if _digest(found) != request.form.get("seen", ""):
        flash(_("Something else stands there by now: look again."), "bad")
        return redirect(url_for("dashboard.fix", name=name))
    try:
        # The page named what is replaced, and its button said so
        apply(found, replace=True)
    except IntegrationError as error:
        return _back("bad", str(failed(found.service, error)))
    log.info("mended_at_the_dashboard", fix=name)
    return _back("good", _("Changed. Examine it again to see that all is well."))


def _back(level: str, sentence: str) -> ResponseReturnValue:
    flash(sentence, level)
    return redirect(url_for("dashboard.doctor"))


def _digest(fix: Fix) -> str:
    """Return a short mark of what a fix was shown as."""
    shown = f"{fix.what_stands_now.said_in('en')}\n{fix.what_would_stand.said_in('en')}"
    return sha256(shown.encode()).hexdigest()[:16]
