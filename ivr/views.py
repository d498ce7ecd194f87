"""Routes of the phone: parse the request, call PhoneLine, return its TwiML."""

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError

from ivr import twiml
from ivr.call_flow import PhoneLine
from ivr.requests import (
    read_answered_by,
    read_dial,
    read_facts,
    read_heard,
    read_position,
    read_seconds,
    read_timestamp,
)
from storage.base import utc_now
from storage.queries.calls import CallProgress
from web.services import Service

log = structlog.get_logger()

bp = Blueprint("ivr", __name__)
line = Service[PhoneLine]("phone.line")


@bp.before_request
def bind_call() -> None:
    """Have the call's id on each line of the log."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(call_sid=request.form.get("CallSid", "")[:64])


@bp.post("/voice")
def voice() -> Response:
    """Answer a call."""
    facts = read_facts(request.form)
    if "ErrorCode" in request.form:
        return _xml(line().apologise(facts))
    return _xml(line().greet(facts, read_answered_by(request.form)))


@bp.post("/gather")
def gather() -> Response:
    """Answer the caller's speech or digits."""
    facts = read_facts(request.form)
    if "ErrorCode" in request.form:
        return _xml(line().apologise(facts))
    return _xml(line().hear(facts, read_position(request.args), read_heard(request.form)))


@bp.post("/continue")
def go_on() -> Response:
    """Say the rest of an answer, or go on after a transfer."""
    facts = read_facts(request.form)
    if "ErrorCode" in request.form:
        return _xml(line().apologise(facts))
    return _xml(line().go_on(facts, read_position(request.args), read_dial(request.form)))


@bp.post("/status")
def status() -> Response:
    """Keep a call's status; 503 if it cannot be kept, so that Twilio sends it again."""
    facts, now = read_facts(request.form), utc_now()
    progress = CallProgress(
        status=facts.status,
        at=read_timestamp(request.form, now),
        duration_s=read_seconds(request.form, "CallDuration"),
        answered_by=read_answered_by(request.form) or None,
    )
    try:
        return _xml(line().progress(facts, progress))
    except SQLAlchemyError as error:
        log.error("status_not_kept", error=type(error).__name__)
        return Response(twiml.nothing(), status=503, mimetype="text/xml")


@bp.errorhandler(Exception)
def broke(error: Exception) -> Response:
    """Say words to the caller, whatever broke."""
    log.exception("webhook_broke", path=request.path, error=type(error).__name__)
    if request.path.endswith("/status"):
        return Response(twiml.nothing(), status=503, mimetype="text/xml")
    return _xml(line().apologise(read_facts(request.form)))


def _xml(document: str) -> Response:
    return Response(document, mimetype="text/xml")
