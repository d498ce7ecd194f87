"""Notes what campaigns' messages and calls have cost: Twilio's lists are read twice a day, as prices come hours later.

A list gives the same figures however often it is read, so whoever was killed begins anew.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from integrations.errors import IntegrationError
from integrations.twilio.prices import Price
from storage.base import utc_now
from storage.campaigns import bills
from storage.campaigns.bills import MILLION, Bill
from storage.database import Database
from storage.models import CampaignChannel
from storage.queries.webhook_events import has_come, take_event

log = structlog.get_logger()

JOB = "read_prices"
EVERY_S = 1800.0
"""Between two looks at whether lists are to be read: a failure is tried again by then."""
DAYS = 3
"""Days whose lists are read: a price that has not come by then hardly comes."""
WAITS = timedelta(hours=6)
"""A message may wait so long at Twilio, and is on the list of the day on which it is sent."""
BATCH = 200
"""Prices that one transaction notes; people's messages wait for it."""
_DONE = "prices"


class Rest(Protocol):
    """Twilio's lists. Each raises IntegrationError."""

    def of_messages(self, day: date) -> Iterator[list[Price]]:
        """Yield the prices of a day's messages, page by page."""
        ...

    def of_calls(self, day: date) -> Iterator[list[Price]]:
        """Yield the prices of a day's calls, page by page."""
        ...


class Billing:
    """Reads Twilio's lists of prices."""

    def __init__(self, database: Database, rest: Rest, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._rest, self._clock = database, rest, clock

    def read(self, _payload: dict[str, Any]) -> None:
        """Read the lists of the last days, once for each half of a day. Raises SQLAlchemyError."""
        now = self._clock().astimezone(UTC)
        half = f"{now:%Y-%m-%d} {'first' if now.hour < 12 else 'second'} half"
        with self._database.read() as connection:
            if has_come(connection, _DONE, half):
                return
            due = list(_due(connection, now.date()))
        if not due:
            return
        were_read = [self._read(channel, day) for channel, day in due]
        if all(were_read):
            with self._database.write() as connection:
                take_event(connection, _DONE, half, now)

    def _read(self, channel: CampaignChannel, day: date) -> bool:
        """Read the list of a day; return False if Twilio does not give it."""
        list_of = self._rest.of_calls if channel is CampaignChannel.VOICE else self._rest.of_messages
        noted = 0
        try:
            for page in list_of(day):
                for at in range(0, len(page), BATCH):
                    noted += self._note(channel, page[at : at + BATCH])
        except IntegrationError as error:
            log.warning("prices_not_read", channel=channel.value, code=error.code, status=error.status)
            return False
        finally:
            if noted:
                log.info("prices_noted", channel=channel.value, count=noted)
        return True

    def _note(self, channel: CampaignChannel, prices: Sequence[Price]) -> int:
        found = [Bill(price.sid, round(price.amount * MILLION), price.currency) for price in prices]
        return self._database.run(lambda connection: bills.note(connection, channel, found))


def _due(connection: Connection, today: date) -> Iterator[tuple[CampaignChannel, date]]:
    """Yield the days on whose lists a price may be that is not known yet."""
    for day in (today - timedelta(days=ago) for ago in range(DAYS)):
        begins = datetime.combine(day, time(), UTC)
        for channel in CampaignChannel:
            if bills.is_any_due(connection, channel, begins - WAITS, begins + timedelta(days=1)):
                yield channel, day
