"""Webhooks' bodies, as 360dialog's stand-in sends them or by hand."""

from datetime import UTC, datetime

from integrations.dialog360.webhooks import (
    read_webhook,
)

ANA, LUIS = "+34600000001", "+34600000002"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def only(body):
    (message,) = read_webhook(body).messages
    return message


def flat(*messages, **more):
    return {
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "34600000001"}],
        "messages": list(messages),
        **more,
    }


def message(kind="text", part=None, **more):
    part = {"body": "Hola"} if part is None else part
    return {
        "from": "34600000001",
        "id": "wamid.a",
        "timestamp": "1772366400",
        "type": kind,
        kind: part,
        **more,
    }
