"""Runs a campaign from the terminal, or follows the worker that does, and shows how far it is."""

from collections.abc import Iterator
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


class Following:
    """Follows a campaign until it runs no more, or ^C. poll_s: seconds between two looks."""

    def __init__(self, database: Database, terminal: Terminal, *, poll_s: float = 0.5) -> None:
        self._database, self._terminal, self._poll_s = database, terminal, poll_s
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
                if self._interruption.within(self._poll_s):
                    break
        print_figures(self._terminal, campaign, found)
        return self._outcome(campaign, is_here=runner is not None)

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
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}"),
            TimeRemainingColumn(),
            console=self._terminal.console,
        )

    def _facts(self, campaign: CampaignRecord, found: Figures) -> str:
        if campaign.is_by_phone:
            words = _("{calling} being called, {sent} reached, {failed} not")
            figures_ = {"calling": found.sending + found.calling, "sent": found.sent, "failed": found.failed}
            return self._terminal.translate(words.format(**figures_))
        words = _("{sent} sent, {delivered} delivered, {read} read, {replied} replied, {failed} failed")
        return self._terminal.translate(
            words.format(
                sent=found.sent, delivered=found.delivered, read=found.read, replied=found.replied,
                failed=found.failed,
            )
        )  # fmt: skip


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
