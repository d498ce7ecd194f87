"""Builds the handoff API's OpenAPI document, for tools of ElevenLabs and others."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from integrations.elevenlabs.handoff_request import HandoffRequest

__all__ = ["MESSAGE", "PATH", "openapi"]

PATH = "/api/elevenlabs/handoff"
MESSAGE = "Notificación enviada al vendedor"

_REFERENCES = "#/components/schemas/{model}"


class Notified(BaseModel):
    """A seller was notified, or will be."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: Literal["ok", "queued"]
    """queued: kept, and a seller is notified later: nobody is on duty, the notice has not gone out yet, or a
    seller knows of this customer already and is sent what is new."""
    message: Annotated[str, Field(examples=[MESSAGE])]
    """What can be told to the customer's side, in words; of what is queued also when, where that is known."""
    message_sid: Annotated[str | None, Field(examples=["SM" + "0" * 32])]
    """The provider's id of the seller's message: Twilio's SID, or 360dialog's wamid; null while it is queued."""


class Problem(BaseModel):
    """Nobody was notified, or not yet: `detail` says why."""

    detail: str


class Fault(BaseModel):
    """A fault of the body."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    loc: Annotated[list[str | int], Field(examples=[["body", "reason"]])]
    """Where it is."""
    msg: str
    """What it is, in words."""
    type: str
    """What kind it is of."""


class InvalidBody(BaseModel):
    """The body is not as it must be."""

    detail: list[Fault]


def openapi(server_url: str, *, needs_key: bool = True) -> dict[str, Any]:
    """Return the document, OpenAPI 3.1. server_url: our public base URL. needs_key: False without a configured key."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Handoff",
            "version": "1.1.0",
            "description": "Brings a person into a conversation: a seller gets a WhatsApp about the customer.",
        },
        "servers": [{"url": server_url.rstrip("/")}],
        "paths": {PATH: {"post": _operation(needs_key)}},
        "components": {"schemas": _schemas(), **(_SECURITY if needs_key else {})},
    }


def _operation(needs_key: bool) -> dict[str, Any]:
    return {
        "operationId": "requestHandoff",
        "summary": "Notify a seller that a customer wants a person",
        "security": [{"bearer": []}, {"apiKey": []}] if needs_key else [],
        "requestBody": {"required": True, "content": _json("HandoffRequest")},
        "responses": {
            "200": _response(
                "A seller was notified, now or by this conversation's earlier request, or will be", "Notified"
            ),
            "401": _response("The key is missing or wrong", "Problem", _CHALLENGE),
            "413": _response("The body is too large", "Problem"),
            "422": _response(
                "The body is no handoff: it is no JSON object, or does not say why", "InvalidBody"
            ),
            "429": _response("Too many requests", "Problem", _WAIT),
            "500": _response("Something failed here: ask again", "Problem"),
            "503": _response(
                "WhatsApp or the sellers are not configured here: detail names the setting", "Problem"
            ),
        },
    }


_SECURITY = {
    "securitySchemes": {
        "bearer": {"type": "http", "scheme": "bearer", "description": "HANDOFF_API_KEY"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "HANDOFF_API_KEY"},
    }
}
_CHALLENGE = {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}}
_WAIT = {
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}},
}


def _response(description: str, schema: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description, "content": _json(schema)}
    return {**response, "headers": headers} if headers else response


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCES.format(model=schema)}}}


def _schemas() -> dict[str, Any]:
    asked = HandoffRequest.model_json_schema(ref_template=_REFERENCES)
    answers = TypeAdapter[Any](Notified | Problem | InvalidBody).json_schema(ref_template=_REFERENCES)
    return {"HandoffRequest": asked, **answers["$defs"]}
