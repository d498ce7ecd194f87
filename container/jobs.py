"""Builds the worker and its jobs."""

from datetime import timedelta
from typing import Any

from container.core import Core
from container.helpdesk import HelpdeskServices
from container.people import PeopleServices
from container.phone import PhoneServices
from container.service import service
from container.whatsapp import WhatsAppServices
from conversation.summaries import Summaries
from integrations.errors import IntegrationError
from jobs.job import Job
from jobs.worker import Periodic, Worker
from messaging.missed import EVERY
from people.helpdesk.observer import SWEEP_EVERY_S, sweep
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
    ) -> None:
        self._core, self._people, self.lock = core, people, core.lock
        self._phone, self._whatsapp, self._helpdesk = phone, whatsapp, helpdesk

    @service
    def worker(self) -> Worker:
        """The worker with its jobs."""
        return Worker(
            self._core.settings.database_url,
            worker_id=self._core.settings.worker_id,
            jobs=self.by_name,
            is_permanent=lambda error: isinstance(error, IntegrationError) and error.permanent,
            periodics=self._periodics,
        )

    @service
    def by_name(self) -> dict[str, Job]:
        """The jobs, by the names under which they are queued."""
        jobs = {
            "finish_whatsapp": Job(self._whatsapp.inbox.finish),
            "send_whatsapp": Job(self._whatsapp.outbox.send),
            "describe_photos": Job(self._whatsapp.media.describe),
            "open_media": Job(self._whatsapp.media.open),
            "offer_handoff": Job(self._people.handoffs.offer),
            "crm": Job(self._people.crm.deliver),
            "show_postcall": Job(self._people.postcalls.show),
        }
        if (missed := self._whatsapp.missed) is not None:
            jobs["catch_up"] = Job(missed.fetch)
        if (sync := self._helpdesk.sync) is not None:
            jobs["mirror"] = sync.job
        model = self._core.text_model
        if model is None:
            return jobs | {"summarise": Job(_leave), "note_topic": Job(_leave)}
        summaries = Summaries(self._core.database, model)
        return jobs | {"summarise": Job(summaries.summarise), "note_topic": Job(summaries.note_topic)}

    @property
    def _periodics(self) -> list[Periodic]:
        database, work, lifecycle = self._core.database, self._core.work, self._phone.lifecycle

        def forget_old_events() -> None:
            # No provider sends a webhook again after so long, and what is kept with them is good for a week
            with database.write() as connection:
                forget_events(connection, utc_now() - EVENTS_KEPT)

        def close_silent_calls() -> None:
            lifecycle.close_silent_calls(utc_now())

        def ask_for_missed() -> None:
            with database.write() as connection:
                work.enqueue(connection, "catch_up", {}, key="twilio")

        periodics = [
            Periodic("old-events", FORGETTING_EVERY_S, forget_old_events),
            Periodic("silent-calls", HOUSEKEEPING_EVERY_S, close_silent_calls),
        ]
        if self._whatsapp.missed is not None:
            periodics.append(Periodic("missed-messages", EVERY.total_seconds(), ask_for_missed))
        if self._core.settings.chatwoot_enabled:
            periodics.append(
                Periodic("mirror-sweep", SWEEP_EVERY_S, lambda: sweep(database, work, utc_now()))
            )
        return periodics


def _leave(_payload: dict[str, Any]) -> None:
    """Do nothing: without a model there are no summaries; turns and characters alone bound the prompts."""
