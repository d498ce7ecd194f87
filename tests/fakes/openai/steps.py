"""The steps of a reply of the fake OpenAI: what it sends, and when."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes of the body. tokens: how many of the model's tokens they carry."""

    data: bytes
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait until this many seconds after the last pause's end (after the request, for the first)."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """Wait for an event of the test's."""

    event: threading.Event


class Hang:
    """Say nothing more until the client goes away or the server stops."""


class Drop:
    """Close the connection here and now."""


@dataclass(frozen=True, slots=True)
class IfAsked:
    """Stands for a step that is sent only where the request asked for usage."""

    send: Send


Step = Send | Pause | Until | Hang | Drop | IfAsked
