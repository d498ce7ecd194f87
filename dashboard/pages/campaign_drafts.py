"""A campaign that is being made of a long list, which a job reads meanwhile: the page may be left and come back to."""

from dataclasses import replace

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.actions.campaign_drafts import Draft
from dashboard.actions.refusals import Trouble
from dashboard.blueprint import bp
from dashboard.error_messages import TROUBLES
from dashboard.pages.new_campaign import (
    CREATED,
    Form,
    draft_url,
    filled_in,
    go_to,
    page_of,
    part_asked_for,
)
from dashboard.query_params import ID
from dashboard.services import services
from storage.models import DraftState


@bp.get(f"/campaigns/drafts/<{ID}:draft_id>")
def campaign_draft(draft_id: int) -> ResponseReturnValue:
    """Show what is filled in, and how much of the list is read."""
    draft = services().campaigns.long_lists.find(draft_id)
    if draft is None or draft.state is DraftState.MADE:
        return _over(draft)
    return _page("campaign_new.html", draft)


@bp.get(f"/campaigns/drafts/<{ID}:draft_id>/progress")
def draft_progress(draft_id: int) -> ResponseReturnValue:
    """Show how much of the list is read, or what was found."""
    draft = services().campaigns.long_lists.find(draft_id)
    if draft is None or draft.state is DraftState.MADE:
        return _over(draft)
    if not draft.is_at_work and ("making" in request.args or not draft.has_list):
        return _anew()
    return _page("campaign_preview.html", draft)


@bp.post(f"/campaigns/drafts/<{ID}:draft_id>/look")
def look_at_draft(draft_id: int) -> ResponseReturnValue:
    """Have the list looked at for what is filled in now."""
    if not _ask(draft_id, makes=False):
        return _anew()
    draft = services().campaigns.long_lists.find(draft_id)
    return _over(None) if draft is None else _page(part_asked_for(), draft)


@bp.post(f"/campaigns/drafts/<{ID}:draft_id>")
def make_of_draft(draft_id: int) -> ResponseReturnValue:
    """Have the campaign made, once however often it is asked for."""
    _ask(draft_id, makes=True)
    return go_to(draft_url(draft_id))


@bp.post(f"/campaigns/drafts/<{ID}:draft_id>/discard")
def discard_draft(draft_id: int) -> ResponseReturnValue:
    """Delete the list, and what is filled in."""
    services().campaigns.long_lists.discard(draft_id)
    return go_to(url_for("dashboard.campaigns"))


def _ask(draft_id: int, *, makes: bool) -> bool:
    lists = services().campaigns.long_lists
    draft, form = lists.find(draft_id), filled_in()
    if draft is None:
        return False
    new = replace(form.new, file_name=draft.new.file_name)
    return lists.ask(draft_id, new, form.number_column, makes=makes)


def _over(draft: Draft | None) -> ResponseReturnValue:
    """Go on to the campaign that was made, or back where there is nothing any more."""
    if draft is None or draft.campaign_id is None:
        flash(str(TROUBLES[Trouble.GONE]), "bad")
        return go_to(url_for("dashboard.campaigns"))
    flash(str(CREATED), "good")
    return go_to(url_for("dashboard.campaign", campaign_id=draft.campaign_id))


def _anew() -> ResponseReturnValue:
    """Have the whole page shown again."""
    return Response(status=204, headers={"HX-Refresh": "true"})


def _page(template: str, draft: Draft) -> str:
    form = Form(draft.new, b"", draft.number_column)
    return page_of(template, form, draft.looked, draft if draft.has_list else None)
