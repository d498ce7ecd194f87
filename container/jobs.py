"""Builds the worker and its jobs."""

from datetime import timedelta
from typing import Any

from container.campaigns import CampaignServices
from container.core import Core
from container.helpdesk import HelpdeskServices
from container.people import PeopleServices
from container.phone import PhoneServices
from container.privacy import PrivacyServices
from container.service import service
from container.whatsapp import WhatsAppServices
from conversation.models import watch
from conversation.models.beginning import Beginning
from conversation.summaries import Summaries
from integrations.errors import IntegrationError
from jobs.job import Job
from jobs.worker import Periodic, Worker
from messaging.campaigns.costs import billing
from messaging.campaigns.files import long_lists
from messaging.missed import EVERY
from people.helpdesk.observer import SWEEP_EVERY_S, sweep
from people.privacy import retention
from storage.base import utc_now
from storage.queries.webhook_events import forget_events

HOUSEKEEPING_EVERY_S = 60.0
EVENTS_KEPT = timedelta(days=14)
FORGETTING_EVERY_S = 3600.0


class JobServices:
    """The jobs by name, and the worker that runs them."""

    def __init__(
        self,
        core: Core,
        people: PeopleServices,
        phone: PhoneServices,
        whatsapp: WhatsAppServices,
        helpdesk: HelpdeskServices,
        privacy: PrivacyServices,
        campaigns: CampaignServices,
    ) -> None:
        self._core, self._people, self.lock = core, people, core.lock
        self._phone, self._whatsapp, self._helpdesk, self._privacy = phone, whatsapp, helpdesk, privacy
        self._campaigns = campaigns

    @service
    def worker(self) -> Worker:
        """The worker with its jobs."""
        return Worker(
            self._core.settings.database_url,
            worker_id=self._core.settings.worker_id,
            jobs=self.by_name,
            is_permanent=lambda error: isinstance(error, IntegrationError) and error.permanent,
            periodics=self._periodics,
            loops=[self._campaigns.loop],
            connections=self._core.connections,
        )

    @service
    def by_name(self) -> dict[str, Job]:
        """The jobs, by the names under which they are queued."""
        jobs = {
            "finish_whatsapp": Job(self._whatsapp.inbox.finish),
            "send_whatsapp": Job(self._people.sender.send, given_up=self._people.sender.give_up),
            "describe_photos": Job(self._whatsapp.media.describe),
            "open_media": Job(self._whatsapp.media.open),
            "offer_handoff": Job(self._people.handoffs.offer),
            watch.JOB: Job(self._people.model_alerts.tell),
            "crm": Job(self._people.crm.deliver),
            "show_postcall": Job(self._people.postcalls.show),
            long_lists.JOB: Job(
                self._campaigns.long_lists.read, attempts=3, given_up=self._campaigns.long_lists.give_up
            ),
            "erase": Job(self._privacy.erasures.finish),
            "erase_elsewhere": self._privacy.elsewhere.job,
            "forget_old": Job(self._privacy.retention.run, attempts=2),
        }
        if (missed := self._whatsapp.missed) is not None:
            jobs["catch_up"] = Job(missed.fetch)
        if (bills := self._campaigns.billing) is not None:
            jobs[billing.JOB] = Job(bills.read, attempts=2)
        if (sync := self._helpdesk.sync) is not None:
            jobs["mirror"] = sync.job

        def beginning(channel: str) -> Beginning:
            return (self._phone if channel == "phone" else self._whatsapp).manager.beginning()

        model = self._core.background_model(beginning)
        if model is None:
            return jobs | {"summarise": Job(_leave), "note_topic": Job(_leave)}
        summaries = Summaries(self._core.database, model, self._core.ledger)
        return jobs | {"summarise": Job(summaries.summarise), "note_topic": Job(summaries.note_topic)}

    @property
    def _periodics(self) -> list[Periodic]:
        database, work, lifecycle = self._core.database, self._core.work, self._phone.lifecycle
        ledger = self._core.ledger

        def forget_old_events() -> None:
            # No provider repeats a webhook after so long, and the URLs stored with them expire within a week
            with database.write() as connection:
                forget_events(connection, utc_now() - EVENTS_KEPT)
                ledger.forget(connection, utc_now())

        def close_silent_calls() -> None:
            lifecycle.close_silent_calls(utc_now())

        def ask_for_missed() -> None:
            with database.write() as connection:
                work.enqueue(connection, "catch_up", {}, key="twilio")

        def ask_for_prices() -> None:
            # In a partition, where one job runs at a time
            with database.write() as connection:
                work.enqueue(connection, billing.JOB, {}, key="twilio", partition=billing.JOB)

        def forget_old() -> None:
            with database.write() as connection:
                work.enqueue(connection, retention.JOB, {}, key="all")

        periodics = [
            Periodic("old-events", FORGETTING_EVERY_S, forget_old_events),
            Periodic("silent-calls", HOUSEKEEPING_EVERY_S, close_silent_calls),
            Periodic("forgotten-messages", FORGETTING_EVERY_S, self._people.sender.give_up_forgotten),
            Periodic("old-words", retention.EVERY_S, forget_old),
        ]
        if self._whatsapp.missed is not None:
            periodics.append(Periodic("missed-messages", EVERY.total_seconds(), ask_for_missed))
        if self._campaigns.billing is not None:
            periodics.append(Periodic("prices", billing.EVERY_S, ask_for_prices))
        if self._core.settings.chatwoot_enabled:
            periodics.append(
                Periodic("mirror-sweep", SWEEP_EVERY_S, lambda: sweep(database, work, utc_now()))
            )
        return periodics


def _leave(_payload: dict[str, Any]) -> None:
    """Do nothing: without a model there are no summaries, and prompts are limited by turns and characters."""
