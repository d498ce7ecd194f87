"""Asks the server at an address for its health, with a proof that it is this installation's."""

import time
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

from integrations.errors import IntegrationError
from integrations.http.json_client import JsonHttp
from integrations.json_models import dict_of
from web.server_proof import ServerProof, new_number


class Who(StrEnum):
    """Who answers at an address."""

    OURS = auto()
    ANOTHER_ASSISTANT = auto()
    """This program, with another secret key, or in a version that proves nothing."""
    SOMEBODY_ELSE = auto()
    NOBODY = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking. error: where nobody answered, or not as this program does. took_s: the whole request."""

    who: Who
    took_s: float = 0
    error: IntegrationError | None = None


def ask(url: str, proof: ServerProof, *, total_s: float = 10) -> Answer:
    """Ask at a base URL, without a slash at its end."""
    number, began = new_number(), time.monotonic()
    try:
        client = JsonHttp(url, name="the server", total_s=total_s)
    except ValueError as error:
        refused = IntegrationError(str(error), permanent=True)
        return Answer(Who.NOBODY, error=refused)
    try:
        found: Any = client.request("GET", f"/health?proof={number}").body
        failure = None
    except IntegrationError as error:
        found, failure = error.body, error  # with its database down it still talks to callers
    finally:
        client.close()
    took_s, health = time.monotonic() - began, dict_of(found)
    if proof.is_answer(number, health.get("proof")):
        return Answer(Who.OURS, took_s)
    if {"status", "database"} <= health.keys():
        return Answer(Who.ANOTHER_ASSISTANT, took_s)
    answered = failure is None or failure.status is not None
    return Answer(Who.SOMEBODY_ELSE if answered else Who.NOBODY, took_s, failure)
