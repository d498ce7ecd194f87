"""Conversations for the dashboard to show: rows as the doors keep them, with words and times that a test chooses."""

from datetime import timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.base import utc_now
from storage.models import Call, Contact, Conversation, Handoff, Message, Prompt, Served, ToolRun, Turn

_numbers = count(1)


class Talks:
    """Writes what was said. Times are minutes before now."""

    def __init__(self, database, *, now=None):
        self._database = self.database = database
        self.now = now or utc_now()

    def contact(self, name="", *, number=None, simulated=False, wrote=None, opted_out=False, user_id=None):
        """A person; return their id. wrote: minutes ago."""
        return self._add(
            Contact(
                address=number or f"+34611{next(_numbers):06d}", name=name, simulated=simulated,
                wrote_at=None if wrote is None else self.ago(wrote), created_at=self.ago(10_000),
                opted_out_at=self.now if opted_out else None, whatsapp_user_id=user_id,
            )
        )  # fmt: skip

    def call(self, contact_id, *said, minutes=5, live=False, sid=None, **values):
        """A call with a turn for each (heard, said); return its conversation's id."""
        sid = sid or f"CA{next(_numbers):032x}"
        at = self.ago(minutes)
        with self._database.read() as connection:
            number = connection.scalar(select(Contact.address).where(Contact.id == contact_id))
        conversation_id = self._add(
            Conversation(
                key=f"phone:{sid}", contact_id=contact_id, channel="phone", created_at=at,
                closed_at=None if live else at + timedelta(minutes=1), **values,
            )
        )  # fmt: skip
        self._add(
            Call(
                call_sid=sid, conversation_id=conversation_id, direction="inbound", from_number=number,
                to_number="+12025550100", status="in-progress" if live else "completed", started_at=at,
                duration_s=None if live else 60, ended_at=None if live else at + timedelta(minutes=1),
            )
        )  # fmt: skip
        for number, (heard, answer) in enumerate(said, 1):
            self.turn(conversation_id, heard, answer, number=number, minutes=minutes)
        return conversation_id

    def turn(self, conversation_id, heard, answer, *, number=1, minutes=5, tools=(), **values):
        """An utterance and its answer; return its id."""
        at = self.ago(minutes) + timedelta(seconds=number)
        given = {
            "kind": "speech", "state": "complete", "sentences": [answer] if answer else [], "model": "test-model",
            "prompt_tokens": 700, "completion_tokens": 42, "first_sentence_ms": 800, "finished_at": at,
        } | values  # fmt: skip
        turn_id = self._add(
            Turn(
                conversation_id=conversation_id, number=number, heard=heard, owner="test", beat_at=at,
                created_at=at, **given,
            )
        )  # fmt: skip
        for tool in tools:
            self._add(ToolRun(turn_id=turn_id, key=f"{tool}:0123", result={}, created_at=at))
        return turn_id

    def chat(self, contact_id, *bodies, minutes=5, **values):
        """A chat with a message of theirs for each body; return its id."""
        conversation_id = self._add(
            Conversation(
                key=f"whatsapp:{contact_id}", contact_id=contact_id, channel="whatsapp",
                created_at=self.ago(minutes), **values,
            )
        )  # fmt: skip
        for body in bodies:
            self.message(conversation_id, body, minutes=minutes)
        return conversation_id

    def chats(self, many, *, minutes, wrote):
        """So many chats that began in consecutive minutes, and in which somebody wrote at the same time."""
        with self._database.write() as connection, Session(connection) as session:
            people = [
                Contact(
                    address=f"+34622{next(_numbers):06d}", simulated=False, created_at=self.now,
                    wrote_at=self.ago(wrote),
                )
                for _ in range(many)
            ]  # fmt: skip
            session.add_all(people)
            session.flush()
            session.add_all(
                Conversation(
                    key=f"whatsapp:{person.id}", contact_id=person.id, channel="whatsapp",
                    created_at=self.ago(minutes + n),
                )
                for n, person in enumerate(people)
            )  # fmt: skip
            session.commit()

    def message(self, conversation_id, body, *, minutes=5, **values):
        """A message; theirs, unless it says otherwise. Return its id."""
        given = {"outbound": False, "kind": "text", "status": "settled", "attachments": []} | values
        at = self.ago(minutes)
        return self._add(
            Message(conversation_id=conversation_id, body=body, created_at=at, changed_at=at, **given)
        )

    def prompt(self, conversation_id, words, *, minutes=5, seconds=0):
        """What a caller heard besides answers, so many seconds after a minute."""
        at = self.ago(minutes) + timedelta(seconds=seconds)
        self._add(
            Prompt(conversation_id=conversation_id, key=f"{next(_numbers)}", words=words, created_at=at)
        )

    def filler(self, turn_id, number, *, minutes=5, seconds=0):
        """A filler that was said while a turn was being answered."""
        at = self.ago(minutes) + timedelta(seconds=seconds)
        self._add(Served(turn_id=turn_id, start=0, wait=number, kind="filler", upto=0, filler=number, at=at))

    def handoff(self, conversation_id, reason="Pide una persona", *, minutes=5, **values):
        """That a person was wanted; return its id."""
        at = self.ago(minutes)
        given = {"summary": "", "state": "open"} | values
        return self._add(
            Handoff(conversation_id=conversation_id, reason=reason, created_at=at, updated_at=at, **given)
        )

    def ago(self, minutes):
        return self.now - timedelta(minutes=minutes)

    def _add(self, row):
        with self._database.write() as connection, Session(connection) as session:
            session.add(row)
            session.commit()
            return row.id


HOSTILE = "</p><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"
