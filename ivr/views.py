"""Routes of the phone: parse the request, call PhoneLine, return its TwiML."""

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from integrations.errors import IntegrationError
from ivr import fallback, twiml
from ivr.call_flow import PhoneLine
from ivr.campaign_calls import CampaignNews
from ivr.machines import Machines
from ivr.requests import (
    read_answered_by,
    read_dial,
    read_facts,
    read_failed,
    read_heard,
    read_mark,
    read_position,
    read_seconds,
    read_sip_code,
    read_timestamp,
)
from storage.base import utc_now
from storage.queries.calls import CallProgress
from web.services import Service
from web.webhooks import METHODS, note_method, webhook_fields

log = structlog.get_logger()

bp = Blueprint("ivr", __name__)
line = Service[PhoneLine]("phone.line")
machines = Service[Machines]("phone.machines")


@bp.before_request
def bind_call() -> None:
    """Have the call's id on each line of the log."""
    structlog.contextvars.bind_contextvars(call_sid=webhook_fields().get("CallSid", "")[:64])
    note_method()


@bp.route("/voice", methods=METHODS)
def voice() -> Response:
    """Answer a call."""
    if "ErrorCode" in webhook_fields():
        return answer_instead()
    facts = read_facts(webhook_fields())
    return _xml(line().greet(facts, read_answered_by(webhook_fields()), read_mark(request.args)))


@bp.route("/voice/answered-by", methods=METHODS)
def answered_by() -> Response:
    """Be told, during a campaign's call, who has answered; 503 if it is to be told again."""
    facts = read_facts(webhook_fields())
    try:
        machines().answered(facts, read_answered_by(webhook_fields()), read_mark(request.args))
    except (SQLAlchemyError, IntegrationError) as error:
        log.error("answered_by_not_obeyed", error=type(error).__name__)
        return Response(twiml.nothing(), status=503, mimetype="text/xml")
    return Response(status=204)


@bp.route("/voice/fallback", methods=METHODS)
def answer_instead() -> Response:
    """Answer in place of a webhook that failed; any of those that speak may be the number's fallback too."""
    facts = read_facts(webhook_fields())
    return _xml(fallback.answer_instead(line(), facts, read_failed(webhook_fields())))


@bp.route("/gather", methods=METHODS)
def gather() -> Response:
    """Answer the caller's speech or digits."""
    if "ErrorCode" in webhook_fields():
        return answer_instead()
    facts = read_facts(webhook_fields())
    return _xml(line().hear(facts, read_position(request.args), read_heard(webhook_fields())))


@bp.route("/continue", methods=METHODS)
def go_on() -> Response:
    """Say the rest of an answer, or go on after a transfer."""
    if "ErrorCode" in webhook_fields():
        return answer_instead()
    facts = read_facts(webhook_fields())
    return _xml(line().go_on(facts, read_position(request.args), read_dial(webhook_fields())))


@bp.route("/status", methods=METHODS)
def status() -> Response:
    """Keep a call's status; 503 if it cannot be kept, so that Twilio sends it again."""
    facts, now = read_facts(webhook_fields()), utc_now()
    progress = CallProgress(
        status=facts.status,
        at=read_timestamp(webhook_fields(), now),
        duration_s=read_seconds(webhook_fields(), "CallDuration"),
        answered_by=read_answered_by(webhook_fields()) or None,
    )
    try:
        mark, sip_code = read_mark(request.args), read_sip_code(webhook_fields())
        return _xml(line().progress(facts, progress, CampaignNews(mark, sip_code)))
    except SQLAlchemyError as error:
        log.error("status_not_kept", error=type(error).__name__)
        return Response(twiml.nothing(), status=503, mimetype="text/xml")


@bp.errorhandler(Exception)
def broke(error: Exception) -> Response:
    """Say words to the caller, whatever broke on our side."""
    if isinstance(error, HTTPException):  # of who asked: what they sent cannot be read again
        log.info("webhook_refused", path=request.path, status=error.code)
        return Response(status=error.code, mimetype="text/xml")
    log.exception("webhook_broke", path=request.path, error=type(error).__name__)
    if request.path.endswith(("/status", "/answered-by")):
        return Response(twiml.nothing(), status=503, mimetype="text/xml")
    return _xml(line().apologise(read_facts(webhook_fields())))


def _xml(document: str) -> Response:
    return Response(document, mimetype="text/xml")
