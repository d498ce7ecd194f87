"""Keeps calls held by ElevenLabs' agent as the contact's, and shows them to observers."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import Connection

from conversation.observers import NULL_OBSERVER, ConversationObserver
from conversation.redaction import redact
from conversation.turns.utterance import MOST_HEARD
from integrations.elevenlabs.webhooks import TRANSCRIPTION, PostCall, Spoken
from jobs.queue import Work
from phone_numbers import contact_address
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database
from storage.privacy.erasures import Returning
from storage.queries import calls, post_calls
from storage.queries.post_calls import PastCall, PostCallFacts, SaidTurn
from storage.queries.webhook_events import take_event

log = structlog.get_logger()

SOURCE = "elevenlabs"
PERSON, ASSISTANT = "user", "agent"
LONGEST_ID = 64
LONGEST_S = 24 * 60 * 60
AT_ONCE = 10
"""Turns shown to the observer in one transaction: hundreds would block all other writers."""


class PostCalls:
    """Keeps calls, each once. observer: told of each turn, and then of the call's end.

    erased: tells who was erased before: a call of theirs from before is not kept.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        *,
        observer: ConversationObserver = NULL_OBSERVER,
        erased: Returning | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._observer, self._clock = database, work, observer, clock
        self._erased = erased

    def keep(self, call: PostCall) -> int | None:
        """Keep a call with its transcript; return the id of our conversation.

        None if it came before, or is of a kind not kept: audio, an unanswered call. Raises SQLAlchemyError.
        """
        if call.type != TRANSCRIPTION:
            log.info("postcall_passed_over", type=call.type)
            return None
        now = self._clock()
        past = past_call(call, now)
        with self._database.write() as connection:
            if not take_event(connection, SOURCE, f"{call.type}:{past.facts.call_sid}", now):
                return None
            if self._was_erased(connection, past):
                log.info("postcall_passed_over", type="of somebody who was erased since")
                return None
            conversation_id = post_calls.keep_call(connection, past)
            if conversation_id is not None:
                self._follow_up(connection, conversation_id, past)
        return conversation_id

    def _was_erased(self, connection: Connection, past: PastCall) -> bool:
        if self._erased is None:
            return False
        found = self._erased.look(connection, past.facts.contact_address, simulated=False)
        return found is not None and past.ended_at <= found.erased_at

    def _follow_up(self, connection: Connection, conversation_id: int, past: PastCall) -> None:
        payload, key = {"conversation_id": conversation_id}, f"{conversation_id}"
        self._work.enqueue(connection, "show_postcall", payload, key=key)
        if past.turns:
            self._work.enqueue(connection, "note_topic", payload, key=key)
        after_commit(
            connection, log.info, "postcall_kept", conversation_id=conversation_id, turns=len(past.turns)
        )

    def show(self, payload: dict[str, Any]) -> None:
        """Show a kept call to the observer, which shows each turn once, however often it is told."""
        conversation_id = int(payload["conversation_id"])
        with self._database.read() as connection:
            if calls.conversation_by_id(connection, conversation_id) is None:
                return  # the person was erased
            turn_ids = post_calls.turn_ids(connection, conversation_id)
        for start in range(0, len(turn_ids), AT_ONCE):
            self._show_turns(turn_ids[start : start + AT_ONCE])
        with self._database.write() as connection:
            self._observer.call_ended(connection, conversation_id, self._clock())

    def _show_turns(self, turn_ids: Sequence[int]) -> None:
        with self._database.write() as connection:
            for turn_id in turn_ids:
                self._observer.turn(connection, turn_id, self._clock())


def past_call(call: PostCall, now: datetime) -> PastCall:
    """Return a call as it is kept: without secrets, and not later than now."""
    length = timedelta(seconds=_length_s(call))
    started_at = min(call.started_at or now, now - length)
    return PastCall(
        facts=_facts(call),
        turns=_turns(call.transcript, started_at, length),
        summary=redact(call.summary),
        status="failed" if call.status == "failed" else "completed",
        started_at=started_at,
        ended_at=started_at + length,
        duration_s=call.duration_s,
    )


def _facts(call: PostCall) -> PostCallFacts:
    call_id = _short(call.conversation_id)
    return PostCallFacts(
        call_sid=call_id,
        direction=call.direction[:20] or "inbound",
        from_number=call.caller or "",
        to_number=call.called or "",
        status="in-progress",
        contact_address=contact_address(call.contact or "", call_id),
        simulated=False,
    )


def _short(call_id: str) -> str:
    """Return an id that fits: hashed, as two long ones might become one if truncated."""
    return call_id if len(call_id) <= LONGEST_ID else hashlib.sha256(call_id.encode()).hexdigest()


def _length_s(call: PostCall) -> float:
    last_words_s = max((spoken.at_s or 0 for spoken in call.transcript), default=0)
    return min(last_words_s if call.duration_s is None else call.duration_s, LONGEST_S)


def _turns(transcript: Sequence[Spoken], started_at: datetime, length: timedelta) -> list[SaidTurn]:
    """Build turns: the contact's words, with all answers until they spoke again."""
    turns: list[SaidTurn] = []
    said = (spoken for spoken in transcript if spoken.role in (PERSON, ASSISTANT))
    for role, run in groupby(said, key=lambda spoken: spoken.role):
        spoken = list(run)
        words = [redact(one.text) for one in spoken]
        at = started_at + min(timedelta(seconds=spoken[0].at_s or 0), length)
        if role == PERSON:
            turns.append(SaidTurn(" ".join(words)[:MOST_HEARD], (), at))
        else:
            asked = turns.pop() if turns else SaidTurn("", (), at)  # a greeting answers nobody
            turns.append(replace(asked, sentences=(*(f"{word} " for word in words[:-1]), words[-1])))
    return turns
