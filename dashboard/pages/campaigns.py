"""Campaigns: the list of them, a page for each with what became of its recipients, and what operators do there."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from conversation import service_window
from dashboard import campaign_labels as labels
from dashboard import query_params
from dashboard.actions.campaign_drafts import Draft
from dashboard.actions.campaigns import CampaignActions
from dashboard.blueprint import bp
from dashboard.charts.bars import Plot
from dashboard.charts.hours import by_hour
from dashboard.formatting import zone
from dashboard.forms import sent_form
from dashboard.layout import render
from dashboard.live_updates import digest
from dashboard.operator_names import operator_name
from dashboard.pages.conversations import performed
from dashboard.query_params import ID
from dashboard.services import services
from jobs.leases import is_worker_alive
from storage.base import utc_now
from storage.campaigns import campaigns as stored
from storage.campaigns.campaigns import CampaignRecord
from storage.models import CampaignState
from storage.reports.campaign_recipients import ListedRecipient, Which, begun_since, listed, moments
from storage.reports.campaigns import Figures, RecipientRow, figures, first_rows, forecast
from storage.reports.lists import Page
from translations import Message, current_language, lazy_gettext

PER_PAGE = 15
"""Campaigns on a page of the list; the recipients of each are counted for it."""
LIVE_S, SLOW_S = 3, 15
"""Seconds between two looks, where something goes on and where hardly anything does."""
COUNTED_IN_A_SECOND = 20_000
"""A longer list is looked at less often: counting it takes longer."""
MEASURED = timedelta(minutes=1)
"""The time over which the rate is measured."""
SHOWN = 3
"""People whose messages are shown before they are sent."""
_MOVING = (CampaignState.RUNNING,)

_SENT = lazy_gettext("Messages sent, by the hour")
_REPLIES = lazy_gettext("First replies, by the hour")

DONE = {
    "start": lazy_gettext("The campaign was started."),
    "pause": lazy_gettext("The campaign is paused: what is on its way arrives, and nothing more is sent."),
    "cancel": lazy_gettext("The campaign is cancelled."),
    "retry": lazy_gettext("It is being sent again."),
    "retry-in-doubt": lazy_gettext("It is being sent again."),
}
"""Confirmation messages by action."""
ACTIONS: Mapping[str, Callable[[CampaignActions, int], None]] = {
    "start": lambda actions, id_: actions.start(id_, try_anyway="try_anyway" in request.form),
    "pause": lambda actions, id_: actions.pause(id_),
    "cancel": lambda actions, id_: actions.cancel(id_),
    "retry": lambda actions, id_: actions.retry(id_),
    "retry-in-doubt": lambda actions, id_: actions.retry(id_, in_doubt=True),
}
"""The actions on a campaign's page, by the last part of the URL."""
_ANY_ACTION = ", ".join(f"'{action}'" for action in ACTIONS)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list of campaigns. next: the id that the next page begins after."""

    rows: Sequence[tuple[CampaignRecord, Figures]]
    next: int | None
    now: datetime

    @property
    def seen(self) -> str:
        """Return a value that changes with anything shown."""
        return digest([(_shown(campaign, self.now), found) for campaign, found in self.rows])

    @property
    def every_s(self) -> int:
        """Return the seconds until the list is looked at again."""
        is_moving = any(campaign.state in _MOVING for campaign, _ in self.rows)
        return _every_s(is_moving, sum(found.total for _, found in self.rows))


@dataclass(frozen=True, slots=True)
class CampaignDetails:
    """The data of a campaign's page. rate: messages passed on within a minute."""

    campaign: CampaignRecord
    figures: Figures
    which: Which
    page: Page[ListedRecipient]
    rate: int
    has_worker: bool
    now: datetime

    @property
    def seen(self) -> str:
        """Return a value that changes with anything shown."""
        campaign = _shown(self.campaign, self.now)
        minute = self.now.replace(second=0, microsecond=0) if self.is_running else None
        return digest((campaign, self.figures, self.page, self.rate, self.has_worker, minute))

    @property
    def every_s(self) -> int:
        """Return the seconds until the page is looked at again."""
        return _every_s(self.campaign.state in _MOVING, self.figures.total)

    @property
    def is_running(self) -> bool:
        """Return whether it is being sent."""
        return self.campaign.state is CampaignState.RUNNING

    @property
    def is_planned(self) -> bool:
        """Return whether it is to be sent from a later time on."""
        return self.campaign.start_at is not None and self.campaign.start_at > self.now

    @property
    def minutes_left(self) -> int | None:
        """Return how long it takes at this rate; None where nothing goes on."""
        return ceil(self.figures.left / self.rate) if self.is_running and self.rate else None

    @property
    def waits_until(self) -> datetime | None:
        """Return when people are written to again; None: now, or nobody is to be."""
        if not self.is_running or not self.figures.waiting:
            return None
        allowed = services().campaigns.control.first_allowed(self.campaign, self.now)
        return allowed if allowed > self.now else None

    @property
    def is_sent_by_nobody(self) -> bool:
        """Return whether it stands still because no process sends it."""
        return self.is_running and not self.has_worker and not self.campaign.is_sent_by_somebody(self.now)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign that has not begun will send. exceptions: how many get nothing, and why."""

    first: Sequence[RecipientRow]
    exceptions: Sequence[tuple[int, Message]]


@bp.get("/campaigns")
def campaigns() -> str:
    """Show the campaigns."""
    return _list_page("campaigns.html", _read_list(), services().campaigns.long_lists.unfinished())


@bp.get("/campaigns/listed")
def campaigns_listed() -> ResponseReturnValue:
    """Show the list alone; 204 if the page is up to date."""
    found = _read_list()
    return ("", 204) if request.args.get("seen") == found.seen else _list_page("campaigns_live.html", found)


@bp.get(f"/campaigns/<{ID}:campaign_id>")
def campaign(campaign_id: int) -> str:
    """Show a campaign, and those of its recipients who are asked for."""
    found = _read(campaign_id)
    is_draft = found.campaign.state is CampaignState.DRAFT
    plan, plots = (_plan(found), []) if is_draft else (None, _plots(campaign_id))
    with services().database.read() as connection:
        costs = services().campaigns.control.costs(connection, found.campaign)
    return _campaign_page("campaign.html", found, plan, plots, costs)


@bp.get(f"/campaigns/<{ID}:campaign_id>/progress")
def campaign_progress(campaign_id: int) -> ResponseReturnValue:
    """Show the changing part of a campaign's page; 204 if it is up to date."""
    found = _read(campaign_id)
    if request.args.get("seen") == found.seen:
        return "", 204
    return _campaign_page("campaign_live.html", found)


@bp.post(f"/campaigns/<{ID}:campaign_id>/<any({_ANY_ACTION}):change>")
def act_on_campaign(campaign_id: int, change: str) -> ResponseReturnValue:
    """Perform an operator's action on a campaign's page."""
    return performed(
        lambda: ACTIONS[change](services().campaigns.once(sent_form(), operator_name()), campaign_id),
        DONE[change],
        url_for("dashboard.campaign", campaign_id=campaign_id),
    )


@bp.get(f"/campaigns/<{ID}:campaign_id>/report.csv")
def campaign_report(campaign_id: int) -> Response:
    """Send what became of each recipient, as a file for spreadsheets."""
    with services().database.read() as connection:
        found = _require(connection, campaign_id)
    lines = services().campaigns.control.report(found, current_language())
    headers = {"Content-Disposition": f'attachment; filename="campaign-{campaign_id}.csv"'}
    return Response(_csv(lines), mimetype="text/csv", headers=headers)


def _csv(lines: Iterable[list[str]]) -> Iterator[str]:
    """Yield lines as CSV, some at a time."""
    yield "\ufeff"  # Excel takes a file without it for Windows' own encoding
    out = io.StringIO()
    writer = csv.writer(out)
    for line in lines:
        writer.writerow(line)
        if out.tell() > 16_000:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _read_list() -> Listed:
    with services().database.read() as connection:
        found = stored.newest(connection, PER_PAGE + 1, before=query_params.whole("before"))
        rows = [(one, figures(connection, one.id)) for one in found[:PER_PAGE]]
    return Listed(rows, rows[-1][0].id if len(found) > PER_PAGE else None, utc_now())


def _read(campaign_id: int) -> CampaignDetails:
    asked, now = request.args.get("which", ""), utc_now()
    which = Which(asked) if asked in tuple(Which) else Which.ALL
    with services().database.read() as connection:
        found = _require(connection, campaign_id)
        return CampaignDetails(
            found,
            figures(connection, campaign_id),
            which,
            listed(connection, campaign_id, which, query_params.whole("after")),
            begun_since(connection, campaign_id, now - MEASURED) if found.state in _MOVING else 0,
            is_worker_alive(connection, now),
            now,
        )


def _plan(found: CampaignDetails) -> Plan:
    campaign, since = found.campaign, found.now - service_window.LENGTH
    with services().database.read() as connection:
        first = first_rows(connection, campaign.id, SHOWN)
        expected = forecast(connection, campaign.id, since)
    free = not campaign.template and not campaign.try_anyway
    without = expected.waiting - expected.opted_out - expected.wrote if free else 0
    return Plan(first, [(expected.opted_out, labels.OPTED_OUT), (without, labels.NEED_TEMPLATE)])


def _plots(campaign_id: int) -> list[tuple[str, Message, Plot]]:
    """Return the plots of what was sent and of who has replied, each with its kind and its name."""
    with services().database.read() as connection:
        sent, replied = moments(connection, campaign_id)
    drawn = [("calls", _SENT, by_hour(sent, zone())), ("written", _REPLIES, by_hour(replied, zone()))]
    return [(kind, name, plot) for kind, name, plot in drawn if plot is not None]


def _require(connection: Connection, campaign_id: int) -> CampaignRecord:
    found = stored.find(connection, campaign_id)
    if found is None:
        abort(404)
    return found


def _shown(campaign: CampaignRecord, now: datetime) -> tuple[object, ...]:
    """Return what pages show of a campaign: not its lease, which is renewed every second."""
    state = str(labels.campaign_state(campaign, now))
    return (campaign.id, state, campaign.pause_reason, campaign.pause_code, campaign.start_at)


def _every_s(is_moving: bool, recipients: int) -> int:
    return (LIVE_S if is_moving else SLOW_S) + recipients // COUNTED_IN_A_SECOND


def _list_page(template: str, found: Listed, drafts: Sequence[Draft] = ()) -> str:
    return render(
        template,
        here="campaigns",
        listed=found,
        labels=labels,
        is_first="before" not in request.args,
        drafts=drafts,
    )


def _campaign_page(
    template: str,
    found: CampaignDetails,
    plan: Plan | None = None,
    plots: Sequence[tuple[str, Message, Plot]] = (),
    costs: Sequence[Message] = (),
) -> str:
    provider = services().campaigns.control.provider_of(found.campaign)
    return render(
        template,
        here="campaigns",
        found=found,
        campaign=found.campaign,
        counts=labels.counts_of(found.figures),
        paused=labels.why_paused(found.campaign, provider),
        labels=labels,
        after=query_params.whole("after"),
        plan=plan,
        plots=plots,
        costs=costs,
    )
