"""A campaign by phone, the stand-in that places its calls, and a process that runs it."""

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from conversation.daily_ceilings import no_ceilings
from integrations.twilio.calls import TwilioRest
from messaging.campaigns.carrier import Carrier
from messaging.campaigns.creation import Creation
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.run import Runner
from messaging.campaigns.states import Event, happened
from messaging.campaigns.voice.claims import CallClaimer
from messaging.campaigns.voice.dispatch import CallDispatcher
from messaging.campaigns.voice.doubts import CallDoubts
from messaging.campaigns.voice.exchange import CallUrls, Exchange
from messaging.campaigns.voice.outcomes import CallOutcomes
from storage.base import utc_now
from storage.campaigns import campaign_calls
from storage.campaigns.campaigns import NewCampaign
from storage.models import Campaign, CampaignRecipient, CampaignState
from storage.privacy.digests import Digests
from storage.privacy.erasures import Returning
from storage.queries import calls
from storage.queries.calls import CallFacts, CallProgress
from tests.records import every
from tests.waiting import wait_until

US = "+12025550100"


def number(n):
    return f"+3460000{n:04d}"


def people(count, **values):
    return [
        ListedRecipient(n, number(n), f"Hola, P{n}.", {}, {"nombre": f"P{n}"}, **values)
        for n in range(1, count + 1)
    ]


def urls(mark):
    return CallUrls(
        *(f"http://127.0.0.1:1/{name}?campaign={mark}" for name in ("voice", "fallback", "status", "machine"))
    )


class Stand:
    """What the story of calls is made of; webhooks are told by hand."""

    def __init__(self, database, twilio, hours, *, ceilings=None, per_second=1000, at_once=1000):
        self.ceilings = ceilings or no_ceilings(ZoneInfo("Europe/Madrid"))
        self.database, self.twilio, self.hours, self._runners = database, twilio, hours, []
        rest = TwilioRest(twilio.account_sid, twilio.auth_token, api_url=twilio.url, timeout_s=2, total_s=2)
        self.exchange = Exchange(rest, US, urls, per_second=per_second, at_once=at_once)

    def create(self, listed, *, name="Llamada", **values):
        new = NewCampaign(name, "voice", goal="Confirmar la cita", **values)
        return Creation(self.database).create(new, listed)

    def start(self, listed, **values):
        campaign_id = self.create(listed, **values)
        self.tell(campaign_id, Event.STARTED)
        return campaign_id

    def tell(self, campaign_id, event):
        with self.database.write() as connection:
            return happened(connection, campaign_id, event, utc_now())

    def process(self, holder="one"):
        carrier = Carrier(
            self.claimer(holder), self.dispatcher(),
            CallDoubts(self.database, self.exchange, self.ceilings, clock=utc_now), is_probed=False,
        )  # fmt: skip
        runner = Runner(self.database, {"voice": carrier}, holder=holder, doubts_every_s=0.1)
        self._runners.append(runner)
        return runner

    def dispatcher(self):
        return CallDispatcher(self.database, self.exchange, self.ceilings, clock=utc_now)

    def claimer(self, holder):
        return CallClaimer(
            self.database, self.exchange, self.ceilings, returning=Returning(Digests(lambda: "key")), hours=self.hours,
            holder=holder, clock=utc_now,
        )  # fmt: skip

    def run(self, runner, until):
        """Let a process run until something is true."""
        wait_until(lambda: runner.round() or until())

    def run_until_called(self, runner, count):
        self.run(runner, lambda: len(self.twilio.calls.made) >= count)
        wait_until(lambda: not self.states()["sending"])

    def ends(self, call, status, *, answered_by="", code=None):
        """Let a webhook tell the end of a call."""
        mark = call.param("StatusCallback").partition("campaign=")[2]
        facts = CallFacts(
            call.sid, "outbound-api", US, call.param("To"), status, call.param("To"), simulated=False
        )
        now = utc_now()
        with self.database.write() as connection:
            conversation = calls.open_call(connection, facts, now)
            campaign_calls.attach(connection, mark, call.sid, conversation.id)
            if answered_by:
                campaign_calls.answered_by(connection, mark, answered_by)
            if code is not None:
                campaign_calls.note_code(connection, mark, code)
            calls.record_progress(connection, call.sid, CallProgress(status, now))
            if calls.close_conversation(connection, facts.key, now):
                CallOutcomes().call_ended(connection, conversation.id, now)

    def let_pass(self, seconds):
        """Let so much time pass for what was begun, for who waits, for leases, and at Twilio."""
        # What is on its way would arrive later than anything takes, and what is looked for was begun at another time
        wait_until(lambda: not any(runner.is_busy for runner in self._runners))
        self.twilio.wait_until_quiet()
        ago = timedelta(seconds=seconds)
        for call in self.twilio.calls.made.values():
            call.created_at -= seconds
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

    def campaign(self):
        [campaign] = every(self.database, Campaign)
        return campaign

    def is_over(self):
        return self.campaign().state != CampaignState.RUNNING

    def called(self):
        """Who was called, in order, as often as that was done."""
        return [call.param("To") for call in self.twilio.calls.made.values()]

    def close(self):
        for runner in self._runners:
            runner.close()
