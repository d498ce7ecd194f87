"""A campaign, the stand-in that its messages go to, and a process that runs it."""

import json
from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from conversation.daily_ceilings import no_ceilings
from conversation.profiles.campaigns import ContactRules
from integrations.twilio.messages import TwilioMessages
from messaging.campaigns.carrier import Carrier
from messaging.campaigns.claims import Claimer
from messaging.campaigns.creation import Creation
from messaging.campaigns.dispatch import Dispatcher
from messaging.campaigns.doubts import Doubts
from messaging.campaigns.hours import Hours
from messaging.campaigns.outcomes import CampaignOutcomes
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.run import Runner
from messaging.campaigns.states import Event, happened
from messaging.providers.base import TWILIO, Channels
from messaging.providers.twilio import TwilioProvider
from messaging.receipts import Receipts
from messaging.requests import ReceiptFacts
from messaging.sending.outbox import Outbox
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign
from storage.models import Campaign, CampaignRecipient, CampaignState, Message, MessageStatus
from storage.privacy.digests import Digests
from storage.privacy.erasures import Returning
from tests.records import every
from tests.waiting import wait_until

US, TEMPLATE = "whatsapp:+14155550100", "HX" + "0123456789abcdef" * 2
WORDS = "Hola {{1}}, le esperamos mañana."


def number(n):
    return f"+3460000{n:04d}"


def people(count, **values):
    return [
        ListedRecipient(n, number(n), f"Hola P{n}, le esperamos mañana.", {"1": f"P{n}"}, {"nombre": f"P{n}"}, **values)
        for n in range(1, count + 1)
    ]  # fmt: skip


class Stand:
    """What a campaign's story is made of. runner: of the process that is running it."""

    def __init__(self, database, work, twilio, ceilings=None):
        self.ceilings = ceilings or no_ceilings(ZoneInfo("Europe/Madrid"))
        self.database, self.twilio, self._runners = database, twilio, []
        self.hours = Hours(ContactRules(quiet=None, weekends=True), ZoneInfo("Europe/Madrid"))
        rest = TwilioMessages(
            twilio.account_sid, twilio.auth_token, api_url=twilio.url, timeout_s=2, total_s=2
        )
        provider = TwilioProvider(rest, sender=US, template_sid=None, public_url="http://127.0.0.1:1")
        self.channels = Channels({TWILIO: provider})
        self.outcomes = CampaignOutcomes()
        outbox = Outbox(database, work, self.channels)
        self.receipts = Receipts(database, outbox, self.outcomes)
        twilio.messages.rules.template(TEMPLATE, WORDS)

    def create(self, listed, *, name="Recordatorio", **values):
        values = {"template": TEMPLATE} | values
        new = NewCampaign(name, "whatsapp", **values)
        return Creation(self.database).create(new, listed)

    def start(self, listed, **values):
        campaign_id = self.create(listed, **values)
        self.tell(campaign_id, Event.STARTED)
        return campaign_id

    def tell(self, campaign_id, event):
        with self.database.write() as connection:
            return happened(connection, campaign_id, event, utc_now())

    def process(self, holder="one", probe_s=0):
        """Return another process that runs campaigns. probe_s: without receipts there is nothing to wait for."""
        parts = {"observer": self.outcomes, "clock": utc_now}
        carrier = Carrier(
            self.claimer(holder), Dispatcher(self.database, self.ceilings, **parts),
            Doubts(self.database, self.channels, self.ceilings, **parts),
        )  # fmt: skip
        runner = Runner(
            self.database, {"whatsapp": carrier}, holder=holder, probe_s=probe_s, doubts_every_s=0.1
        )
        self._runners.append(runner)
        return runner

    def claimer(self, holder):
        returning = Returning(Digests(lambda: "key"))
        return Claimer(
            self.database,
            self.channels,
            self.ceilings,
            observer=self.outcomes,
            returning=returning,
            hours=self.hours,
            holder=holder,
            clock=utc_now,
        )

    def run(self, runner, until=lambda: False):
        """Let a process run until no campaign runs any more, or something else is true."""
        wait_until(lambda: runner.round() or until() or not self.is_any_running())

    def send_some(self, runner, count):
        """Let a process send to so many at least, and to nobody more; return the ids of their messages, in order."""
        self.run(runner, until=lambda: self.states()["sent"] >= count)
        wait_until(lambda: not self.states()["sending"])
        return sorted(recipient.message_id for recipient in self.recipients() if recipient.state == "sent")

    def is_any_running(self):
        with self.database.read() as connection:
            running = select(Campaign.id).where(Campaign.state == CampaignState.RUNNING)
            return connection.execute(running).first() is not None

    def receipt(self, message_id, status, code=None):
        """Let Twilio tell what became of a message."""
        facts = ReceiptFacts(sid=self.sid_of(message_id), status=MessageStatus(status), error_code=code)
        self.receipts.note(facts, message_id)

    def sid_of(self, message_id):
        [message] = [one for one in every(self.database, Message) if one.id == message_id]
        return message.sid or ""

    def let_pass(self, seconds):
        """Let so much time pass for what was begun, for who waits for another attempt, for leases, and at Twilio.

        Each row in a transaction of its own: threads of a process want them in another order.
        """
        # What is on its way would arrive later than anything takes, and what is looked for was begun at another time
        wait_until(lambda: not any(runner.is_busy for runner in self._runners))
        self.twilio.wait_until_quiet()
        ago = timedelta(seconds=seconds)
        for message in self.twilio.messages.made.values():
            message.made_at -= seconds
        for column in (CampaignRecipient.due_at, CampaignRecipient.begun_at, Campaign.leased_until):
            for row_id in [row.id for row in every(self.database, column.class_)]:
                with self.database.write() as connection:
                    row = select(column).where(column.class_.id == row_id).with_for_update()
                    if (at := connection.scalar(row)) is not None:
                        earlier = update(column.class_).where(column.class_.id == row_id)
                        connection.execute(earlier.values({column: at - ago}))

    def recipients(self):
        return every(self.database, CampaignRecipient)

    def states(self):
        return Counter(recipient.state for recipient in self.recipients())

    def reasons(self):
        return [recipient.reason for recipient in self.recipients()]

    def campaign(self):
        [campaign] = every(self.database, Campaign)
        return campaign

    def to(self):
        """Who was sent a message, in order, as often as that was done."""
        return [
            message.to.removeprefix("whatsapp:")
            for message in self.twilio.messages.made.values()
            if message.direction != "inbound"
        ]

    def close(self):
        for runner in self._runners:
            runner.close()


def variables_of(message):
    return json.loads(message.param("ContentVariables"))
