"""Downloads messages' images from their provider when a page shows them."""

import structlog
from flask import Response, abort
from flask.typing import ResponseReturnValue

from dashboard.blueprint import bp
from dashboard.pages.transcript import is_picture
from dashboard.query_params import ID
from dashboard.services import services
from integrations.errors import IntegrationError
from integrations.http.memory_budget import NO_MEMORY, HeldFile
from integrations.media_types import type_of
from storage.queries import messages

log = structlog.get_logger()

SHOWN_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""Media types shown, as detected from the bytes: none of these can hold a script."""
PATIENCE_S = 5.0
KEPT_S = 24 * 3600


@bp.get(f"/media/<{ID}:message_id>/<{ID}:number>")
def media(message_id: int, number: int) -> ResponseReturnValue:
    """Show a picture; 503 during too many other downloads, or without memory for it."""
    with services().database.read() as connection:
        message = messages.message_by_id(connection, message_id)
    files = message.attachments if message is not None else ()
    if number >= len(files) or not is_picture(files[number].type):
        abort(404)
    slots = services().picture_slots
    if not slots.acquire(timeout=PATIENCE_S):
        return _later()
    try:
        picture = services().pictures.picture(files[number])
    except IntegrationError as error:
        log.info("picture_not_shown", message_id=message_id, code=error.code, status=error.status)
        return _later() if error.code == NO_MEMORY else Response(status=404)
    finally:
        slots.release()
    return _picture(picture)


def _later() -> Response:
    return Response(status=503, headers={"Retry-After": "5"})


def _picture(picture: HeldFile) -> Response:
    """Return a picture, which is released once it is sent."""
    found = type_of(picture.content)
    if found not in SHOWN_TYPES:
        picture.release()
        return Response(status=404)
    headers = {"Cache-Control": f"private, max-age={KEPT_S}", "Content-Disposition": "inline"}
    response = Response(picture.content, mimetype=found, headers=headers)
    response.call_on_close(picture.release)
    return response
