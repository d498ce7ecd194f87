"""Reads the fields of Twilio's webhooks, by whichever of its two methods they come."""

import structlog
from flask import request
from werkzeug.datastructures import MultiDict

log = structlog.get_logger()

METHODS = ("GET", "POST")
"""Twilio's, set for each webhook. Ours are meant to be POST; GET puts what people say into URLs, which are logged."""


def webhook_fields() -> "MultiDict[str, str]":
    """Return the form, or the query of a webhook that came by GET."""
    return request.args if request.method == "GET" else request.form


def note_method() -> None:
    """Say in the log which method is to be set, where it is not POST."""
    if request.method != "POST":
        log.warning("webhook_method", path=request.path, method=request.method, set_in_twilio="HTTP POST")
