"""The phone's routes. Each view parses, calls the line, and sends its TwiML."""

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError

from guards.twilio_signature import TwilioGuard
from ivr import twiml
from ivr.call_flow import PhoneLine
from ivr.requests import read_answered_by, read_facts, read_heard, read_place, read_seconds, read_timestamp
from storage.base import utc_now
from storage.queries.calls import CallProgress

log = structlog.get_logger()


def phone_blueprint(line: PhoneLine, guard: TwilioGuard) -> Blueprint:
    """Return the phone's four routes, guarded by Twilio's signature."""
    blueprint = Blueprint("ivr", __name__)
    blueprint.before_request(guard)
    blueprint.before_request(_bind_call)

    @blueprint.post("/voice")
    def voice() -> Response:
        facts = read_facts(request.form)
        if "ErrorCode" in request.form:
            return _xml(line.apologise(facts))
        return _xml(line.greet(facts, read_answered_by(request.form)))

    @blueprint.post("/gather")
    def gather() -> Response:
        facts = read_facts(request.form)
        if "ErrorCode" in request.form:
            return _xml(line.apologise(facts))
        return _xml(line.hear(facts, read_place(request.args), read_heard(request.form)))

    @blueprint.post("/continue")
    def go_on() -> Response:
        facts = read_facts(request.form)
        if "ErrorCode" in request.form:
            return _xml(line.apologise(facts))
        return _xml(line.go_on(facts, read_place(request.args), request.form.get("DialCallStatus", "")))

    @blueprint.post("/status")
    def status() -> Response:
        facts, now = read_facts(request.form), utc_now()
        progress = CallProgress(
            status=facts.status,
            at=read_timestamp(request.form, now),
            duration_s=read_seconds(request.form, "CallDuration"),
            answered_by=read_answered_by(request.form) or None,
        )
        try:
            return _xml(line.progress(facts, progress))
        except SQLAlchemyError as error:
            log.error("status_not_kept", error=type(error).__name__)
            return Response(twiml.nothing(), status=503, mimetype="text/xml")

    @blueprint.errorhandler(Exception)
    def broke(error: Exception) -> Response:
        """A caller always hears words, whatever broke."""
        log.exception("webhook_broke", path=request.path, error=type(error).__name__)
        if request.path.endswith("/status"):
            return Response(twiml.nothing(), status=503, mimetype="text/xml")
        return _xml(line.apologise(read_facts(request.form)))

    return blueprint


def _bind_call() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(call_sid=request.form.get("CallSid", "")[:64])


def _xml(document: str) -> Response:
    return Response(document, mimetype="text/xml")
