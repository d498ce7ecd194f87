"""The states of a handoff, and what follows from each event: the table behind the picture in docs/people.md.

What is not in the table changes nothing: events come twice, late and out of order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    """The state of a handoff. `open` and `owned` are as old as handoffs, the others newer."""

    TRANSFERRING = "transferring"
    COLLECTING = "collecting"
    OPEN = "open"
    WAITING = "waiting"
    OWNED = "owned"
    CLOSED = "closed"


class Event(StrEnum):
    """An event in the life of a handoff."""

    TRANSFER_ANSWERED = "transfer answered"
    TRANSFER_FAILED = "transfer failed"
    MESSAGE_LEFT = "message left"
    CALL_OVER = "call over"
    NOT_IN_TIME = "not in time"
    TAKEN = "taken"
    DONE = "done"
    TIME_UP = "time up"


class Effect(StrEnum):
    """An effect besides the change of state; the words are those of the picture."""

    TELL = "tell a seller, Chatwoot and the CRM"
    SHOW = "show it in Chatwoot and the CRM"
    FORWARD = "pass the message on"
    TELL_CUSTOMER = "tell the customer so, once"
    SILENCE = "the assistant falls silent"
    ANSWER_AGAIN = "the assistant answers again"
    SAY_TAKEN = "tell the others that it is taken"
    WITHDRAW = "the offers expire"
    SAY_MISSED = "tell everybody that nobody came"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a state. assistant: what it does meanwhile. lasts: until TIME_UP; None: HUMAN_RESUME_H."""

    what: str
    assistant: str
    lasts: timedelta | None


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of an event in a state."""

    to: State
    effects: tuple[Effect, ...] = ()


MEANINGS: Mapping[State, Meaning] = {
    State.TRANSFERRING: Meaning("a person is being rung", "waits for the call", timedelta(hours=4)),
    State.COLLECTING: Meaning("the caller leaves a message", "takes it down", timedelta(minutes=3)),
    State.OPEN: Meaning("sellers are asked, one by one", "goes on answering", timedelta(days=1)),
    State.WAITING: Meaning("nobody has come in time", "goes on answering", timedelta(days=1)),
    State.OWNED: Meaning("a person has it", "is silent on WhatsApp", None),
    State.CLOSED: Meaning("it is over", "answers", None),
}
"""OPEN and WAITING last a day from the last notice, and until a seller is on duty who can be told that it is over."""

_CLOSED = Step(State.CLOSED, (Effect.SHOW,))
_TAKEN_UNTOLD = Step(State.OWNED, (Effect.SHOW, Effect.SILENCE))
_TAKEN = Step(State.OWNED, (Effect.SILENCE, Effect.SAY_TAKEN))
_TOLD = Step(State.OPEN, (Effect.TELL,))
_WITHDRAWN = Step(State.CLOSED, (Effect.WITHDRAW,))
_MISSED = Step(State.CLOSED, (Effect.WITHDRAW, Effect.SAY_MISSED))
_ANSWERED = Step(State.CLOSED, (Effect.SAY_TAKEN,))

TABLE: Mapping[tuple[State, Event], Step] = {
    (State.TRANSFERRING, Event.TRANSFER_ANSWERED): _CLOSED,
    (State.TRANSFERRING, Event.TRANSFER_FAILED): Step(State.COLLECTING),
    (State.TRANSFERRING, Event.MESSAGE_LEFT): _TOLD,
    (State.TRANSFERRING, Event.CALL_OVER): Step(State.COLLECTING),
    (State.TRANSFERRING, Event.TAKEN): _TAKEN_UNTOLD,
    (State.TRANSFERRING, Event.DONE): _CLOSED,
    (State.TRANSFERRING, Event.TIME_UP): _TOLD,
    (State.COLLECTING, Event.TRANSFER_ANSWERED): _CLOSED,
    (State.COLLECTING, Event.MESSAGE_LEFT): _TOLD,
    (State.COLLECTING, Event.CALL_OVER): _TOLD,
    (State.COLLECTING, Event.TAKEN): _TAKEN_UNTOLD,
    (State.COLLECTING, Event.DONE): _CLOSED,
    (State.COLLECTING, Event.TIME_UP): _TOLD,
    (State.OPEN, Event.TRANSFER_ANSWERED): _ANSWERED,
    (State.OPEN, Event.MESSAGE_LEFT): Step(State.OPEN, (Effect.FORWARD,)),
    (State.OPEN, Event.NOT_IN_TIME): Step(State.WAITING, (Effect.TELL_CUSTOMER,)),
    (State.OPEN, Event.TAKEN): _TAKEN,
    (State.OPEN, Event.DONE): _WITHDRAWN,
    (State.OPEN, Event.TIME_UP): _MISSED,
    (State.WAITING, Event.TRANSFER_ANSWERED): _ANSWERED,
    (State.WAITING, Event.MESSAGE_LEFT): Step(State.WAITING, (Effect.FORWARD,)),
    (State.WAITING, Event.TAKEN): _TAKEN,
    (State.WAITING, Event.DONE): _WITHDRAWN,
    (State.WAITING, Event.TIME_UP): _MISSED,
    (State.OWNED, Event.MESSAGE_LEFT): Step(State.OWNED, (Effect.FORWARD,)),
    (State.OWNED, Event.DONE): Step(State.CLOSED, (Effect.ANSWER_AGAIN,)),
    (State.OWNED, Event.TIME_UP): Step(State.CLOSED, (Effect.ANSWER_AGAIN,)),
}


def step(state: State, event: Event) -> Step | None:
    """Return what follows from an event; None: nothing."""
    return TABLE.get((state, event))
