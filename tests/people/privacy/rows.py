"""People who said things at given times, as rows."""

from sqlalchemy import insert, select, update

from storage.models import (
    Call,
    Contact,
    Conversation,
    Handoff,
    Message,
    MirrorItem,
    Offer,
    Served,
    ToolRun,
    Turn,
)

WORDS = "azulejos"


class Rows:
    """Everything is said at `at`, and holds WORDS."""

    def __init__(self, database, at):
        self._database, self.at = database, at

    def add(self, model, **values):
        with self._database.write() as connection:
            return connection.execute(insert(model).values(values).returning(model.id)).scalar_one()

    def contact(self, number, **values):
        return self.add(
            Contact,
            **({"address": number, "simulated": False, "name": "Ana", "created_at": self.at} | values),
        )

    def conversation(self, contact_id, channel="whatsapp", key=None, **values):
        given = {
            "key": key or f"{channel}:{contact_id}", "contact_id": contact_id, "channel": channel,
            "background": "", "summary": "", "topic": "", "created_at": self.at,
        }  # fmt: skip
        return self.add(Conversation, **(given | values))

    def turn(self, conversation_id, number, **values):
        given = {
            "conversation_id": conversation_id, "number": number, "kind": "text", "heard": WORDS,
            "state": "complete", "sentences": [WORDS], "owner": "p", "beat_at": self.at, "created_at": self.at,
            "prompt_tokens": 100, "completion_tokens": 10,
        }  # fmt: skip
        return self.add(Turn, **(given | values))

    def message(self, conversation_id, **values):
        given = {
            "conversation_id": conversation_id, "outbound": False, "kind": "text", "body": WORDS,
            "status": "settled", "created_at": self.at, "changed_at": self.at,
            "attachments": [{"url": f"https://api.twilio.com/{WORDS}", "type": "image/png"}],
        }  # fmt: skip
        return self.add(Message, **(given | values))

    def handoff(self, conversation_id, **values):
        given = {
            "conversation_id": conversation_id, "reason": WORDS, "summary": WORDS, "state": "closed",
            "created_at": self.at, "updated_at": self.at,
        }  # fmt: skip
        return self.add(Handoff, **(given | values))

    def offer(self, handoff_id, message_id):
        return self.add(
            Offer, handoff_id=handoff_id, seller="+34600000011", message_id=message_id, state="taken",
            created_at=self.at, expires_at=self.at,
        )  # fmt: skip

    def call(self, conversation_id, number):
        return self.add(
            Call, call_sid=f"CA{conversation_id}", conversation_id=conversation_id, direction="inbound",
            from_number=number, to_number="+12025550100", forwarded_from="+12025550177", status="completed",
            duration_s=60, started_at=self.at, ended_at=self.at,
        )  # fmt: skip

    def bookkeeping(self, turn_id, contact_id):
        """What was served, which tool ran, and what Chatwoot was shown; two of each, for the newest one stays."""
        for number in (1, 2):
            self.add(Served, turn_id=turn_id, start=number, wait=0, kind="words", upto=2, at=self.at)
            self.add(
                ToolRun, turn_id=turn_id, key=f"tool:{number}", result={"said": WORDS}, created_at=self.at
            )
            self.add(
                MirrorItem, contact_id=contact_id, ref=f"turn:{turn_id}:{number}", kind="note", body=WORDS,
                state="done", created_at=self.at, changed_at=self.at,
            )  # fmt: skip

    def everything(self, number="+34600000001"):
        """Somebody who wrote and called; return the contact."""
        contact_id = self.contact(number)
        chat = self.conversation(contact_id, summary=WORDS, topic=WORDS, summary_upto=1)
        call = self.conversation(
            contact_id, "phone", key=f"phone:{contact_id}", topic=WORDS, closed_at=self.at
        )
        self.call(call, number)
        turn_id = self.turn(call, 1, kind="speech", first_sentence_ms=300)
        self.turn(chat, 1)
        self.message(chat)
        notice = self.message(chat, outbound=True, kind="notice", status="sent")
        self.offer(self.handoff(chat), notice)
        self.bookkeeping(turn_id, contact_id)
        return contact_id

    def change(self, model, **values):
        with self._database.write() as connection:
            connection.execute(update(model).values(values))

    def count(self, model):
        with self._database.read() as connection:
            return len(connection.execute(select(model.id)).all())
