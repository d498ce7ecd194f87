"""Routes of WhatsApp: parse the request, call the inbox, return its TwiML."""

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from messaging import twiml
from messaging.inbox import Inbox
from messaging.receipts import Receipts
from messaging.requests import read_incoming, read_receipt
from web.services import Service
from web.webhooks import METHODS, note_method, webhook_fields

log = structlog.get_logger()

PATH = "/webhook/whatsapp"

bp = Blueprint("messaging", __name__)
inbox = Service[Inbox]("whatsapp.inbox")
receipts = Service[Receipts]("whatsapp.receipts")


@bp.before_request
def bind_message() -> None:
    """Have the message's id on each line of the log."""
    structlog.contextvars.bind_contextvars(message_sid=webhook_fields().get("MessageSid", "")[:64])
    note_method()


# Both spellings are routes: a redirect from one to the other would lose the body.
@bp.route(PATH, methods=METHODS)
@bp.route(f"{PATH}/", methods=METHODS)
def receive() -> Response:
    """Answer a message."""
    fields = webhook_fields()
    incoming = read_incoming(fields, request.headers.get("I-Twilio-Idempotency-Token", ""))
    if incoming is None:  # nobody who could be answered, and no fault of whoever sent the webhook
        log.warning("message_without_sender", type=fields.get("MessageType", "")[:20])
        return _xml(twiml.nothing())
    return _xml(inbox().receive(incoming, request.url_root))


@bp.route(f"{PATH}/status", methods=METHODS)
def status() -> Response:
    """Keep a message's receipt; 503 if it cannot be kept."""
    facts = read_receipt(webhook_fields())
    try:
        receipts().note(facts, _our_id(request.args.get("message", "")))
    except SQLAlchemyError as error:
        log.error("receipt_not_kept", error=type(error).__name__)
        return _xml(twiml.nothing(), 503)
    return _xml(twiml.nothing())


@bp.errorhandler(Exception)
def broke(error: Exception) -> Response:
    """Never answer in text/plain, which Twilio would send on; on a 5xx Twilio tries again or uses its fallback."""
    if isinstance(error, HTTPException):  # of who asked, and no fault of ours
        log.info("webhook_refused", path=request.path, status=error.code)
        return _xml(twiml.nothing(), error.code or 400)
    log.exception("webhook_broke", path=request.path, error=type(error).__name__)
    return _xml(twiml.nothing(), 503)


def _our_id(written: str) -> int | None:
    is_one = written.isascii() and written.isdigit() and len(written) < 10
    return int(written) if is_one else None


def _xml(document: str, status: int = 200) -> Response:
    return Response(document, status=status, mimetype="text/xml")
