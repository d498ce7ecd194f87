"""Campaigns for the dashboard to show: kept as the commands keep them, with what a test says became of each person."""

from itertools import count

from sqlalchemy import select, update

from messaging.campaigns.creation import Creation
from messaging.campaigns.recipient import ListedRecipient
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign
from storage.models import Campaign, CampaignRecipient, Message
from tests.dashboard.conversations import Talks
from tests.records import every

TEMPLATE = "HX" + "0123456789abcdef" * 2
_names = count(1)


def number(n):
    return f"+3460000{n:04d}"


class Campaigns:
    """Makes campaigns."""

    def __init__(self, database):
        self.database, self._talks = database, Talks(database)

    def make(self, people=3, *, name=None, state="draft", facts=None, why=None, channel="whatsapp", **values):
        """A campaign with so many people, on the lines from 2 on; return its id. why: the reason of a pause."""
        new = NewCampaign(name or f"Cita {next(_names)}", channel, **({"template": TEMPLATE} | values))
        listed = [
            ListedRecipient(n + 1, number(n), f"Hola P{n}", {"1": f"P{n}"}, facts or {"nombre": f"P{n}"})
            for n in range(1, people + 1)
        ]
        campaign_id = Creation(self.database).create(new, listed)
        self.set(campaign_id, state=state, pause_reason=why or "")
        return campaign_id

    def set(self, campaign_id, **values):
        self._write(update(Campaign).where(Campaign.id == campaign_id).values(**values))

    def person(self, campaign_id, line, state, **values):
        """Let a line's person be in a state."""
        which = (CampaignRecipient.campaign_id == campaign_id, CampaignRecipient.line == line)
        self._write(update(CampaignRecipient).where(*which).values(state=state, **values))

    def sent(self, campaign_id, line, status="sent", state="sent", code=None, **values):
        """Let a line's person have been sent a message; return the conversation's id."""
        with self.database.read() as connection:
            found = select(CampaignRecipient.number).where(
                CampaignRecipient.campaign_id == campaign_id, CampaignRecipient.line == line
            )
            address = connection.scalar(found)
        chat = self._talks.chat(self._talks.contact(number=address), provider="twilio")
        message = self._talks.message(
            chat, "Hola", outbound=True, status=status, error_code=code, kind="campaign"
        )
        self.person(
            campaign_id, line, state, conversation_id=chat, message_id=message, begun_at=utc_now(), attempts=1, **values
        )  # fmt: skip
        return chat

    def called(self, campaign_id, line, end="", state="sent", *, attempts=1, **values):
        """Let a line's person have been called. end: Twilio's status of the last call."""
        mark = f"{campaign_id}-{line}"
        self.person(
            campaign_id, line, state, call_mark=mark, call_status=end, begun_at=utc_now(), attempts=attempts, **values
        )  # fmt: skip

    def billed(self, campaign_id, line, price):
        """Let the message to a line's person be Twilio's, with a price in millionths, or None."""
        [person] = [
            one
            for one in every(self.database, CampaignRecipient)
            if (one.campaign_id, one.line) == (campaign_id, line)
        ]
        values = {
            "recipient_id": person.id,
            "price": price,
            "currency": price and "USD",
            "sid": f"SM{person.id:032}",
        }
        self._write(update(Message).where(Message.id == person.message_id).values(values))

    def states(self, campaign_id):
        found = sorted(every(self.database, CampaignRecipient), key=lambda one: one.line)
        return [one.state for one in found if one.campaign_id == campaign_id]

    def state(self, campaign_id):
        with self.database.read() as connection:
            return connection.scalar(select(Campaign.state).where(Campaign.id == campaign_id))

    def _write(self, statement):
        with self.database.write() as connection:
            connection.execute(statement)
