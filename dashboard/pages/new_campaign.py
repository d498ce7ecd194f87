"""A new campaign, of messages or of calls: its list, its words, and how they will look; nothing is sent here."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.actions.campaign_drafts import Draft, Looked
from dashboard.actions.campaigns import NotMade
from dashboard.actions.refusals import CannotBeDone, DoneBefore
from dashboard.blueprint import bp
from dashboard.error_messages import sentence_of
from dashboard.formatting import zone
from dashboard.forms import FIELD, sent_form
from dashboard.layout import render
from dashboard.operator_names import operator_name
from dashboard.services import services
from jobs.leases import is_worker_alive
from storage.base import utc_now
from storage.campaigns import campaigns as stored
from storage.campaigns.campaigns import NewCampaign
from storage.models import CampaignChannel
from translations import Message, lazy_gettext

VARIABLE = "variable:"
"""Begins the names of the fields for a template's variables."""
LONGEST = {
    "name": 80, "template": 600, "text": 1600, "goal": 2000, "remind": 300, "consent": 300, "variable": 600,
    "hand_over": 1600,
}  # fmt: skip
_MOST_VARIABLES, _MOST_ANSWERS = 100, 20
_PARTS = ("campaign_found.html", "campaign_preview.html")
"""What a page that is open is sent of itself."""
CREATED = lazy_gettext("The campaign is made, and nothing has been sent. Look at it, and start it below.")


@dataclass(frozen=True, slots=True)
class Form:
    """What an operator has filled in. content: of the list's file. number_column: None: it is found by its name."""

    new: NewCampaign
    content: bytes
    number_column: str | None


@bp.get("/campaigns/new")
def new_campaign() -> str:
    """Show the form for a new campaign."""
    return page_of("campaign_new.html", Form(NewCampaign("", CampaignChannel.WHATSAPP), b"", None), None)


@bp.post("/campaigns/new/look")
def look_at_campaign() -> ResponseReturnValue:
    """Show what is wrong with what is filled in, and what the first people will get; keep a long list alone."""
    form, actions = filled_in(), services().campaigns
    if actions.long_lists.is_long(form.content):
        return go_to(_kept(form, makes=False))
    return page_of(part_asked_for(), form, actions.drafts.look(form.new, form.content, form.number_column))


@bp.post("/campaigns/new")
def create_campaign() -> ResponseReturnValue:
    """Make the campaign, once for each form, or say what is wrong with it; a long list's is made by a job."""
    form = filled_in()
    if services().campaigns.long_lists.is_long(form.content):
        return go_to(_kept(form, makes=True))
    try:
        with suppress(DoneBefore):
            actions = services().campaigns.once(sent_form(), operator_name())
            actions.create(form.new, form.content, form.number_column)
            flash(str(CREATED), "good")
    except NotMade as error:
        return _refused(form, error.looked)
    except CannotBeDone as error:
        flash(sentence_of(error), "bad")
        return go_to(url_for("dashboard.campaigns"))
    return go_to(_made(form.new.name))


def _kept(form: Form, *, makes: bool) -> str:
    """Keep a long list; return the URL of its page."""
    number = request.form.get(FIELD, "")
    lists = services().campaigns.long_lists
    return draft_url(lists.keep(form.new, form.content, form.number_column, form=number, makes=makes))


def draft_url(draft_id: int) -> str:
    """Return the URL of the page of a long list."""
    return url_for("dashboard.campaign_draft", draft_id=draft_id)


def _made(name: str) -> str:
    with services().database.read() as connection:
        found = stored.of_name(connection, name)
    if found is None:
        return url_for("dashboard.campaigns")
    return url_for("dashboard.campaign", campaign_id=found.id)


def _refused(form: Form, looked: Looked) -> ResponseReturnValue:
    if request.headers.get("HX-Request"):  # the page keeps the file that was chosen
        return page_of("campaign_found.html", form, looked)
    return page_of("campaign_new.html", form, looked), 422


def go_to(url: str) -> ResponseReturnValue:
    """Redirect, also from a request that htmx makes."""
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": url})
    return redirect(url, 303)


def part_asked_for() -> str:
    """Return the template of the part of the page that is to be shown again."""
    return "campaign_preview.html" if request.args.get("part") == "preview" else "campaign_found.html"


def filled_in() -> Form:
    """Return what an operator has filled in."""
    file = request.files.get("list")
    is_by_phone = request.form.get("channel") == CampaignChannel.VOICE
    new = NewCampaign(
        _field("name"),
        CampaignChannel.VOICE if is_by_phone else CampaignChannel.WHATSAPP,
        text=_field("text"),
        consent=_field("consent"),
        file_name=(file.filename or "")[:255] if file else "",
        start_at=_moment(request.form.get("start_at", "")),
        remind=_field("remind"),
        **(_of_calls() if is_by_phone else _of_messages()),
    )
    return Form(new, file.read() if file else b"", _field("number_column") or None)


def _of_calls() -> dict[str, Any]:
    return {"goal": _field("goal"), "leave_message": "hang_up_on_machines" not in request.form}


def _of_messages() -> dict[str, Any]:
    answers = [" ".join(line.split()) for line in _field("hand_over").splitlines()]
    return {
        "template": _field("template"),
        "variables": _variables(),
        "try_anyway": "try_anyway" in request.form,
        "hand_over": [answer for answer in answers if answer][:_MOST_ANSWERS],
    }


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[: LONGEST.get(name, 255) + 1]


def _variables() -> Mapping[str, str]:
    given = [(name, value.strip()) for name, value in request.form.items() if name.startswith(VARIABLE)]
    return {
        name.removeprefix(VARIABLE)[:16]: value[: LONGEST["variable"]]
        for name, value in given[:_MOST_VARIABLES]
        if value
    }


def _moment(written: str) -> datetime | None:
    """Return a time as browsers write it, in the business's zone; None for none."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone())


def page_of(template: str, form: Form, looked: Looked | None, draft: Draft | None = None) -> str:
    """Return the page, or a part of it. draft: the long list whose file is here already."""
    with services().database.read() as connection:
        has_worker = is_worker_alive(connection, utc_now())
    start_at = form.new.start_at
    return render(
        template,
        here="campaigns",
        new=form.new,
        number_column=form.number_column or "",
        looked=looked,
        estimate=None if looked is None else _estimate(form.new, looked, draft),
        draft=draft,
        has_worker=has_worker,
        longest=LONGEST,
        is_part=template in _PARTS,
        variable=VARIABLE,
        start_at=f"{start_at.astimezone(zone()):%Y-%m-%dT%H:%M}" if start_at else "",
        look_url=partial(_look_url, draft),
    )


def _estimate(new: NewCampaign, looked: Looked, draft: Draft | None) -> Message | None:
    """Return about what a campaign will cost; None while something is wrong with it, or its list is being read."""
    if looked.mistakes or (draft is not None and draft.is_at_work):
        return None
    return services().campaigns.drafts.estimate(new, looked.beginnings)


def _look_url(draft: Draft | None, part: str | None = None) -> str:
    if draft is None:
        return url_for("dashboard.look_at_campaign", part=part)
    return url_for("dashboard.look_at_draft", draft_id=draft.id, part=part)
