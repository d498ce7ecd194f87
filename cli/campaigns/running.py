"""Runs a campaign from the terminal, or follows the worker that does, and shows how far it is."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.campaigns.words import print_figures, why_paused
from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.following import Interruption
from common.loops import Loop
from messaging.campaigns.run import Runner
from storage.campaigns import campaigns
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import CampaignState
from storage.reports.campaigns import Figures, figures
from translations import lazy_gettext as _

RATE_OVER_S = 10.0
"""The rate is that of so many seconds."""


class Following:
    """Follows a campaign until it runs no more, or ^C. poll_s: seconds between two looks.

    why_waiting: says that nothing more is sent today; None if something is.
    """

    def __init__(
        self,
        database: Database,
        terminal: Terminal,
        why_waiting: Callable[[], str | None],
        *,
        poll_s: float = 0.5,
    ) -> None:
        self._database, self._terminal, self._poll_s = database, terminal, poll_s
        self._why_waiting, self._is_waiting = why_waiting, False
        self._rate = Rate()
        self._interruption = Interruption()

    def follow(self, campaign: CampaignRecord, runner: Runner | None) -> ExitCode:
        """Follow a campaign. runner: runs it here; None: a worker does."""
        with self._interruption, run_here(runner), self._progress() as progress:
            task = progress.add_task(campaign.name, total=None, facts="")
            while True:
                campaign, found = self._look(campaign.id)
                progress.update(
                    task,
                    total=found.total,
                    completed=found.total - found.left,
                    facts=self._facts(campaign, found),
                )
                if campaign.state is not CampaignState.RUNNING:
                    break
                self._tell_waiting(found)
                if self._interruption.within(self._poll_s):
                    break
        print_figures(self._terminal, campaign, found)
        return self._outcome(campaign, is_here=runner is not None)

    def _tell_waiting(self, found: Figures) -> None:
        """Say once, whenever it begins, that the campaign waits for the next day."""
        why = self._why_waiting() if found.waiting else None
        if why and not self._is_waiting:
            self._terminal.say(why)
        self._is_waiting = why is not None

    def _outcome(self, campaign: CampaignRecord, *, is_here: bool) -> ExitCode:
        if campaign.state is CampaignState.RUNNING:
            self._terminal.say(
                _("No worker is running: it goes on when one is, or with campaign run.")
                if is_here
                else _("It goes on without this terminal; campaign pause stops it.")
            )
            return ExitCode.INTERRUPTED
        for line in why_paused(self._terminal, campaign):
            self._terminal.complain(line)
        is_finished = campaign.state is CampaignState.FINISHED
        return ExitCode.COMPLETED if is_finished else ExitCode.NOT_COMPLETED

    def _look(self, campaign_id: int) -> tuple[CampaignRecord, Figures]:
        with self._database.read() as connection:
            return campaigns.by_id(connection, campaign_id), figures(connection, campaign_id)

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
            TimeRemainingColumn(),
            console=self._terminal.console,
        )

    def _facts(self, campaign: CampaignRecord, found: Figures) -> str:
        if campaign.is_by_phone:
            words = _("{calling} being called, {sent} reached, {failed} not")
            figures_ = {"calling": found.sending + found.calling, "sent": found.sent, "failed": found.failed}
            return self._terminal.translate(words.format(**figures_))
        words = _(
            "{sent} sent, {delivered} delivered, {read} read, {replied} replied, {failed} failed, {rate} a second"
        )
        return self._terminal.translate(
            words.format(
                sent=found.sent, delivered=found.delivered, read=found.read, replied=found.replied,
                failed=found.failed,
                rate=self._terminal.number(f"{self._rate.after(found.sent):.1f}"),
            )
        )  # fmt: skip


class Rate:
    """How many messages a second were sent of late. monotonic: seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic, self._seen = monotonic, deque[tuple[float, int]]()

    def after(self, sent: int) -> float:
        """Return the rate of the last RATE_OVER_S seconds, now that so many are sent."""
        now = self._monotonic()
        self._seen.append((now, sent))
        while len(self._seen) > 2 and now - self._seen[1][0] >= RATE_OVER_S:
            self._seen.popleft()
        began, before = self._seen[0]
        return max(0, sent - before) / (now - began) if now > began else 0.0


@contextmanager
def run_here(runner: Runner | None) -> Iterator[None]:
    """Run campaigns in this process meanwhile."""
    if runner is None:
        yield
        return
    loop = Loop("campaigns", runner.round, is_vital=False).start()
    try:
        yield
    finally:
        loop.stop()
        loop.join()
        runner.close()
