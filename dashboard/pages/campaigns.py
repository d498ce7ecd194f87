"""Campaigns: the list of them, a page for each with what became of its recipients, and what operators do there."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from conversation import service_window
from dashboard import query_params
from dashboard.actions.campaign_drafts import Draft
from dashboard.actions.campaigns import CampaignActions
from dashboard.blueprint import bp
from dashboard.campaigns import labels
from dashboard.campaigns.changes import changes_said
from dashboard.campaigns.details import CampaignDetails, Listed, read_details
from dashboard.campaigns.reasons import left_out, reasons_of
from dashboard.campaigns.words import words_of
from dashboard.charts.bars import Plot
from dashboard.charts.hours import by_hour
from dashboard.formatting import zone
from dashboard.forms import sent_form
from dashboard.layout import render
from dashboard.operator_names import operator_name
from dashboard.pages.conversations import performed
from dashboard.query_params import ID
from dashboard.services import services
from storage.base import utc_now
from storage.campaigns import campaigns as stored
from storage.campaigns.campaigns import CampaignRecord
from storage.models import CampaignState
from storage.reports.campaign_hours import Moments, counts, span
from storage.reports.campaign_recipients import Which
from storage.reports.campaigns import RecipientRow, figures, first_rows, forecast
from translations import Message, current_language, lazy_gettext

PER_PAGE = 15
"""Campaigns on a page of the list; the recipients of each are counted for it."""
SHOWN = 3
"""People whose messages are shown before they are sent."""

DONE = {
    "start": lazy_gettext("The campaign was started."),
    "pause": lazy_gettext(
        "The campaign is paused: what has begun goes on to its end, and nothing more begins."
    ),
    "cancel": lazy_gettext("The campaign is cancelled."),
    "retry": lazy_gettext("They are tried again."),
    "retry-in-doubt": lazy_gettext("They are tried again."),
    "try": lazy_gettext("It was tried."),
    "list": lazy_gettext("The list is as the file has it."),
}
"""Confirmation messages by action."""
ACTIONS: Mapping[str, Callable[[CampaignActions, int], str | None]] = {
    "start": lambda actions, id_: actions.start(id_, try_anyway="try_anyway" in request.form),
    "pause": lambda actions, id_: actions.pause(id_),
    "cancel": lambda actions, id_: actions.cancel(id_),
    "retry": lambda actions, id_: actions.retry(id_),
    "retry-in-doubt": lambda actions, id_: actions.retry(id_, in_doubt=True),
    "try": lambda actions, id_: actions.try_it(id_, request.form.get("number", "").strip()),
    "list": lambda actions, id_: _take_list(actions, id_),
}
"""The actions on a campaign's page, by the last part of the URL."""
_ANY_ACTION = ", ".join(f"'{action}'" for action in ACTIONS)


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
    plan, plots = (_plan(found), []) if is_draft else (None, _plots(found.campaign))
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


def _take_list(actions: CampaignActions, campaign_id: int) -> str:
    """Give a campaign the list that was sent; return what has changed."""
    file, column = request.files.get("list"), request.form.get("number_column", "").strip()
    content, name = (file.read(), file.filename or "") if file else (b"", "")
    return changes_said(actions.take_list(campaign_id, content, name[:255], column or None))


def _read_list() -> Listed:
    with services().database.read() as connection:
        found = stored.newest(connection, PER_PAGE + 1, before=query_params.whole("before"))
        rows = [(one, figures(connection, one.id)) for one in found[:PER_PAGE]]
    return Listed(rows, rows[-1][0].id if len(found) > PER_PAGE else None, utc_now())


def _read(campaign_id: int) -> CampaignDetails:
    asked, after = request.args.get("which", ""), query_params.whole("after")
    which = Which(asked) if asked in tuple(Which) else Which.ALL
    with services().database.read() as connection:
        found = _require(connection, campaign_id)
        which = which if which in words_of(found).which else Which.ALL
        control = services().campaigns.control
        return read_details(connection, control, found, which, after, utc_now())


def _plan(found: CampaignDetails) -> Plan:
    campaign, since = found.campaign, found.now - service_window.LENGTH
    with services().database.read() as connection:
        first = first_rows(connection, campaign.id, SHOWN)
        expected = forecast(connection, campaign.id, since)
    free = not (campaign.template or campaign.try_anyway or campaign.is_by_phone)
    without = expected.waiting - expected.opted_out - expected.wrote if free else 0
    return Plan(first, [(expected.opted_out, found.words.opted_out), (without, labels.NEED_TEMPLATE)])


def _plots(campaign: CampaignRecord) -> list[tuple[str, Message, Plot]]:
    """Return the plots of what was begun and of who has replied, each with its kind and its name."""
    words = words_of(campaign)
    with services().database.read() as connection:
        begun, replied = (_plot(connection, campaign, which) for which in (Moments.BEGUN, Moments.REPLIED))
    drawn = [("calls", words.begun, begun), ("written", words.replied, replied)]
    return [(kind, name, plot) for kind, name, plot in drawn if plot is not None]


def _plot(connection: Connection, campaign: CampaignRecord, which: Moments) -> Plot | None:
    ends = span(connection, campaign.id, which)
    return by_hour(ends, lambda edges: counts(connection, campaign.id, which, edges), zone())


def _require(connection: Connection, campaign_id: int) -> CampaignRecord:
    found = stored.find(connection, campaign_id)
    if found is None:
        abort(404)
    return found


def _list_page(template: str, found: Listed, drafts: Sequence[Draft] = ()) -> str:
    return render(
        template,
        here="campaigns",
        listed=found,
        labels=labels,
        words_of=words_of,
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
        words=found.words,
        failed=reasons_of(found.failures),
        left_out=left_out(found.figures.skipped, found.words),
        after=query_params.whole("after"),
        plan=plan,
        plots=plots,
        costs=costs,
    )
