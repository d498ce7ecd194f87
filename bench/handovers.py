"""Requests of ElevenLabs' kind for a person: each is answered once the seller's notice is with Twilio."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from bench.processes import ACCOUNT_SID, OUR_NUMBER

PATH = "/api/elevenlabs/handoff"
KEY = "bench-handoff-key"
SELLER = "+12025550199"
SETTINGS = {
    "HANDOFF_API_KEY": KEY,
    "VENDEDOR_WHATSAPP": SELLER,
    "TWILIO_TEMPLATE_SID": f"HX{'b' * 32}",
    "TRUSTED_PROXIES": "1",
}
WARMING = 6
SAME_ADDRESS = 10
"""Requests per client address, as a proxy reports it: each address has a limit."""
TIMEOUT_S = 15.0


@dataclass
class Handovers:
    """Durations of the handoff requests, in seconds."""

    took_s: list[float] = field(default_factory=list)
    twilio_s: list[float] = field(default_factory=list)
    """Durations of the same requests sent to Twilio alone, in between."""
    errors: Counter[str] = field(default_factory=Counter)


def ask_by_turns(port: int, twilio_port: int, requests: int) -> Handovers:
    """Ask for a person, and Twilio for the same message, one after the other; the first few are not counted."""
    done = Handovers()
    ours, twilios = (
        HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S),
        HTTPConnection("127.0.0.1", twilio_port),
    )
    for number in range(WARMING + requests):
        if number == WARMING:
            done = Handovers(errors=done.errors)
        try:
            done.took_s.append(_hand_over(ours, number))
        except (OSError, HTTPException, _WrongAnswerError) as error:
            done.errors[str(error) or type(error).__name__] += 1
            ours.close()
        done.twilio_s.append(_ask_twilio(twilios))
    ours.close()
    twilios.close()
    return done


class _WrongAnswerError(Exception):
    """The answer does not confirm that the seller was told."""


def _hand_over(line: HTTPConnection, number: int) -> float:
    asked = {
        "user_phone": f"+3460000{number % 10_000:04}",  # each of somebody else: a person has one at a time
        "user_name": "Ana",
        "reason": "Quiere cambiar la cita del martes",
        "conversation_id": f"conv-{number}",
        "additional_context": "Prefiere por la tarde.",
    }
    headers = {
        "Content-Type": "application/json", "X-API-Key": KEY, "X-Forwarded-Proto": "https",
        "X-Forwarded-For": f"198.51.100.{number // SAME_ADDRESS % 250}",
    }  # fmt: skip
    took_s, status, body = _post(line, PATH, json.dumps(asked), headers)
    if status != 200 or not str(json.loads(body).get("message_sid")).startswith("SM"):
        raise _WrongAnswerError(f"HTTP {status}")
    return took_s


def _ask_twilio(line: HTTPConnection) -> float:
    form: dict[str, Any] = {
        "To": f"whatsapp:{SELLER}",
        "From": f"whatsapp:{OUR_NUMBER}",
        "Body": "Nuevo cliente",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    return _post(line, path, urlencode(form), headers)[0]


def _post(line: HTTPConnection, path: str, body: str, headers: Mapping[str, str]) -> tuple[float, int, bytes]:
    began = time.monotonic()
    line.request("POST", path, body.encode(), dict(headers))
    answer = line.getresponse()
    content = answer.read()
    return time.monotonic() - began, answer.status, content
