"""Tells a seller that the assistant cannot answer: the owner's WhatsApp is one of the sellers'."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from conversation.message_kinds import NOTICE
from conversation.models.watch import Failure
from conversation.operators import NOTICES, MessageSender
from people.handoff.offering import HandoffPolicy
from storage import model_failures
from storage.base import utc_now
from storage.database import Database
from storage.queries import contacts

log = structlog.get_logger()


class ModelAlerts:
    """Writes the message. writer: None if nothing can be sent."""

    def __init__(
        self,
        database: Database,
        policy: HandoffPolicy,
        writer: MessageSender | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._policy, self._writer, self._clock = database, policy, writer, clock

    def tell(self, _payload: dict[str, Any]) -> None:
        """Tell the first seller on duty, else the first of all, while the model fails."""
        now, policy = self._clock(), self._policy
        with self._database.write() as connection:
            found = model_failures.failing(connection)
            if found is None:
                return
            if self._writer is None or not policy.sellers:
                log.error("owner_not_told", reason="no seller, or nothing to write with")
                return
            local = now.astimezone(policy.zone)
            seller = next((s for s in policy.sellers if s.is_on_duty(local)), policy.sellers[0])
            recipient = contacts.recipient_for(connection, seller.number, now)
            self._writer.write(connection, recipient, self._words(found), author=NOTICES, kind=NOTICE)
        log.warning("owner_told", failed=found.answers)

    def _words(self, found: model_failures.Failing) -> str:
        words, since = self._policy.words, found.since.astimezone(self._policy.zone)
        why = {
            Failure.KEY: words.model_key,
            Failure.QUOTA: words.model_quota,
            Failure.OTHER: words.model_other,
        }[Failure(found.kind)]
        page = f"{self._policy.public_url}/dashboard/" if self._policy.public_url else ""
        told = words.model_fails.format(date=f"{since:%d/%m}", time=f"{since:%H:%M}", count=found.answers)
        return "\n\n".join(filter(None, [told, why.format(error=found.error), page]))
