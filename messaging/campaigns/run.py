"""Runs campaigns, round after round, in the worker or in a terminal.

A campaign is run by one process at a time, which has its lease. Whoever was claimed by a process that died is looked
for at the provider (`doubts`). Messages leave, and calls are placed, in threads, as many at once as the provider takes
its time.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from common.backoff import Backoff
from common.loops import about
from messaging.campaigns.carrier import Carrier, ClaimedOne
from messaging.campaigns.claims import AHEAD, BATCH
from messaging.campaigns.probe import PATIENCE_S, Probe
from messaging.campaigns.states import Event, happened
from messaging.providers.base import PACE
from storage.base import utc_now
from storage.campaigns import campaign_recipients, campaigns
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import CampaignState

log = structlog.get_logger()

LEASE = timedelta(seconds=10)
RENEWED_EVERY_S = 1.0
MOST_AT_ONCE = 32
"""Messages and calls that are passed on at once: 80 a second, each of which takes the provider 0.4 s."""
MOST_CLAIMED = BATCH // PACE
DOUBTS_EVERY_S = 5.0
IDLE_S = 0.5
"""The longest wait between two rounds: a start takes effect within that time."""
SHORTEST_S = 0.02
"""The wait for a thread, or for one of our numbers, to be free."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0
"""Of a campaign whose provider fails."""


class Runner:
    """Runs campaigns whose lease it gets. carriers: by channel; a campaign of another waits for a process that has it.

    holder: the name of this process. probe_s: see Probe. doubts_every_s: between two looks for what is of unknown fate.
    """

    def __init__(
        self,
        database: Database,
        carriers: Mapping[str, Carrier],
        *,
        holder: str,
        probe_s: float = PATIENCE_S,
        doubts_every_s: float = DOUBTS_EVERY_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._carriers = database, carriers
        self._holder, self._clock = holder, clock
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE + 1, thread_name_prefix="campaign")
        self._in_hand = list[int]()
        """The ids of the recipients who are being passed on; for a moment one may be there twice."""
        self._backoffs: dict[int, Backoff] = defaultdict(
            lambda: Backoff(first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S)
        )
        self._probe_s, self._probes = probe_s, dict[int, Probe]()
        self._doubts_every_s = doubts_every_s
        self._held: list[CampaignRecord] = []
        self._running: list[CampaignRecord] = []
        self._renewed_at = self._cleared_up_at = float("-inf")
        self._ended = threading.Event()

    @property
    def is_busy(self) -> bool:
        """Return whether anything is being passed on, or its fate looked for."""
        return bool(self._in_hand) or self._cleared_up_at == float("inf")

    def round(self) -> None:
        """Send what is due now, and wait for a moment. Raises SQLAlchemyError."""
        self._renew_leases()
        self._clear_up()
        waits_s = [self._go_on_alone(campaign) for campaign in self._running]
        self._ended.wait(min(waits_s, default=IDLE_S))

    def close(self) -> None:
        """End: wait for what is being passed on, and let other processes go on."""
        self._ended.set()
        self._pool.shutdown()
        with self._database.write() as connection:
            campaigns.release_leases(connection, self._holder)

    def _renew_leases(self) -> None:
        now_s = time.monotonic()
        if now_s - self._renewed_at < RENEWED_EVERY_S:
            return
        now = self._clock()
        with self._database.read() as connection:
            due = [one for one in campaigns.to_be_run(connection, now) if one.channel in self._carriers]
        if due:
            with self._database.write() as connection:
                due = [one for one in due if self._take_lease(connection, one, now)]
        self._held, self._renewed_at = due, now_s
        self._running = [campaign for campaign in due if campaign.state is CampaignState.RUNNING]
        self._probes = {campaign.id: self._probe_of(campaign.id) for campaign in self._running}

    def _probe_of(self, campaign_id: int) -> Probe:
        known = self._probes.get(campaign_id)
        return known if known is not None else Probe(self._database, patience_s=self._probe_s)

    def _take_lease(self, connection: Connection, campaign: CampaignRecord, now: datetime) -> bool:
        return campaigns.take_lease(connection, campaign.id, self._holder, now, LEASE)

    def _clear_up(self) -> None:
        """Look for messages of unknown fate, in a thread: the provider may take its time."""
        if time.monotonic() - self._cleared_up_at < self._doubts_every_s or not self._held:
            return
        self._cleared_up_at = float("inf")  # not again before it has ended
        self._pool.submit(self._clear_up_all, list(self._held))

    def _clear_up_all(self, held: list[CampaignRecord]) -> None:
        try:
            for campaign in held:
                self._clear_up_one(campaign)
        finally:
            self._cleared_up_at = time.monotonic()

    def _clear_up_one(self, campaign: CampaignRecord) -> None:
        try:
            self._carriers[campaign.channel].doubts.clear_up(campaign, self._in_hand)
        except Exception as error:  # noqa: BLE001  (nobody waits for what it raises; it is tried again)
            log.error("campaign_doubts_failed", campaign_id=campaign.id, **about(error))

    def _go_on_alone(self, campaign: CampaignRecord) -> float:
        """Go on with a campaign, whose faults stop no other; return the seconds until the next look."""
        try:
            return self._go_on(campaign, self._probes[campaign.id])
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001  (the others go on)
            log.error("campaign_stands_still", campaign_id=campaign.id, **about(error))
            self._backoffs[campaign.id].failed()
            return IDLE_S

    def _go_on(self, campaign: CampaignRecord, probe: Probe) -> float:
        """Claim recipients of a campaign, and have their messages leave; return the seconds until the next look."""
        if not self._backoffs[campaign.id].is_due:
            return IDLE_S
        carrier, most = self._carriers[campaign.channel], min(MOST_CLAIMED, MOST_AT_ONCE - len(self._in_hand))
        if carrier.is_probed:
            most = probe.room(most)
        if most <= 0:
            return SHORTEST_S
        claims = carrier.claimer.claim(campaign.id, most)
        probe.going([one.message_id for one in claims.claimed if one.message_id is not None])
        for claimed in claims.claimed:
            self._in_hand.append(claimed.id)
            self._pool.submit(self._send, campaign, claimed)
        if not claims.is_any_due:
            self._finish(campaign)
            return IDLE_S
        if claims.is_day_over:
            return IDLE_S
        if claims.free_at is None:
            return SHORTEST_S
        wait_s = (claims.free_at - AHEAD - self._clock()).total_seconds()
        return min(max(wait_s, SHORTEST_S), IDLE_S)

    def _send(self, campaign: CampaignRecord, claimed: ClaimedOne) -> None:
        backoff = self._backoffs[campaign.id]
        try:
            if self._carriers[campaign.channel].dispatcher.send(claimed):
                backoff.succeeded()
            elif backoff.is_due:  # of many that fail at once, the first begins the pause
                backoff.failed()
        except Exception as error:  # noqa: BLE001  (nobody waits for what it raises; its fate is looked for)
            log.error("campaign_message_not_noted", recipient_id=claimed.id, **about(error))
        finally:
            self._in_hand.remove(claimed.id)

    def _finish(self, campaign: CampaignRecord) -> None:
        """Note that a campaign has nothing left to send."""
        with self._database.read() as connection:
            if campaign_recipients.is_any_left(connection, campaign.id):
                return
        with self._database.write() as connection:
            campaigns.state_of(
                connection, campaign.id
            )  # a receipt that comes now waits for it, and reopens it
            if not campaign_recipients.is_any_left(connection, campaign.id):
                happened(connection, campaign.id, Event.ALL_DONE, self._clock())
