"""A past for the dashboard to show: rows as the doors keep them, at times that a test chooses."""

from itertools import count

from sqlalchemy.orm import Session

from storage.models import Call, Contact, Conversation, Handoff, Message, Turn

_numbers = count(1)


class Past:
    """Writes what has happened. Times are aware."""

    def __init__(self, database):
        self._database = database

    def call(self, at, *, waits_ms=(), ended=True):
        """A call that began then, with a turn for each wait; return its conversation's id."""
        number = next(_numbers)
        sid = f"CA{number:032x}"
        with self._database.write() as connection, Session(connection) as session:
            conversation = self._conversation(session, at, f"phone:{sid}", "phone")
            end = at if ended else None
            session.add(
                Call(
                    call_sid=sid, conversation_id=conversation.id, direction="inbound",
                    from_number="+34600000001", to_number="+12025550100",
                    status="completed" if ended else "in-progress", started_at=at, ended_at=end,
                )
            )  # fmt: skip
            for turn, wait_ms in enumerate(waits_ms, 1):
                session.add(_turn(conversation.id, turn, at, wait_ms))
            session.commit()
            return conversation.id

    def messages(self, at, *statuses, outbound=False):
        """Messages of one new chat, one for each status; return its conversation's id."""
        with self._database.write() as connection, Session(connection) as session:
            conversation = self._conversation(session, at, f"whatsapp:{next(_numbers)}", "whatsapp")
            for status in statuses:
                session.add(
                    Message(
                        conversation_id=conversation.id, outbound=outbound, kind="text", body="Buenas",
                        status=status, created_at=at, changed_at=at,
                    )
                )  # fmt: skip
            session.commit()
            return conversation.id

    def handoff(self, at, conversation_id, *, owner=""):
        """A person was wanted."""
        with self._database.write() as connection, Session(connection) as session:
            session.add(
                Handoff(
                    conversation_id=conversation_id, reason="Pide una persona", summary="", state="open",
                    owner=owner, created_at=at, updated_at=at,
                )
            )  # fmt: skip
            session.commit()

    def take_over(self, conversation_id, until):
        """A person has a conversation until then."""
        with self._database.write() as connection, Session(connection) as session:
            session.get(Conversation, conversation_id).human_until = until
            session.commit()

    @staticmethod
    def _conversation(session, at, key, channel):
        contact = Contact(address=f"+34600{next(_numbers):06d}", simulated=False, created_at=at)
        session.add(contact)
        session.flush()
        made = Conversation(key=key, contact_id=contact.id, channel=channel, created_at=at)
        session.add(made)
        session.flush()
        return made


def _turn(conversation_id, number, at, first_sentence_ms):
    return Turn(
        conversation_id=conversation_id, number=number, kind="speech", heard="Buenas", state="complete",
        sentences=["Buenas."], owner="test", beat_at=at, first_sentence_ms=first_sentence_ms, created_at=at,
    )  # fmt: skip
