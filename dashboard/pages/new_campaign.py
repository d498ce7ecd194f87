"""A new campaign: its list, its words with the list's columns in them, and how they will look; nothing is sent here."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.actions.campaigns import Looked
from dashboard.actions.refusals import CannotBeDone, DoneBefore
from dashboard.blueprint import bp
from dashboard.error_messages import sentence_of
from dashboard.formatting import zone
from dashboard.forms import sent_form
from dashboard.layout import render
from dashboard.operator_names import operator_name
from dashboard.services import services
from storage.campaigns import campaigns as stored
from storage.campaigns.campaigns import NewCampaign
from translations import lazy_gettext

VARIABLE = "variable:"
"""Begins the names of the fields for a template's variables."""
LONGEST = {"name": 80, "template": 600, "text": 1600, "consent": 300, "variable": 600}
_MOST_VARIABLES = 100
_CREATED = lazy_gettext("The campaign is made, and nothing has been sent. Look at it, and start it below.")


@dataclass(frozen=True, slots=True)
class Form:
    """What an operator has filled in. content: of the list's file. number_column: None: it is found by its name."""

    new: NewCampaign
    content: bytes
    number_column: str | None


@bp.get("/campaigns/new")
def new_campaign() -> str:
    """Show the form for a new campaign."""
    return _page("campaign_new.html", Form(NewCampaign("", "whatsapp"), b"", None), None)


@bp.post("/campaigns/new/look")
def look_at_campaign() -> str:
    """Show what is wrong with what is filled in, and what the first people will get; keep nothing."""
    form = _form()
    part = "campaign_preview.html" if request.args.get("part") == "preview" else "campaign_found.html"
    return _page(part, form, _look(form, is_final=False))


@bp.post("/campaigns/new")
def create_campaign() -> ResponseReturnValue:
    """Make the campaign, once for each form, or say what is wrong with it."""
    form = _form()
    try:
        with suppress(DoneBefore):
            # Looked at first, so that nothing is kept of a list that is refused
            looked = None if _was_made(form) else _look(form, is_final=True)
            if looked is not None and not looked.is_complete:
                return _refused(form, looked)
            _create(form)
    except CannotBeDone as error:
        flash(sentence_of(error), "bad")
        return _to(url_for("dashboard.campaigns"))
    return _to(_made(form.new.name))


def _create(form: Form) -> None:
    actions = services().campaigns.once(sent_form(), operator_name())
    actions.create(form.new, form.content, form.number_column)
    flash(str(_CREATED), "good")


def _was_made(form: Form) -> bool:
    """Return whether this very form has made its campaign before, by a first click for instance."""
    return services().campaigns.once(sent_form()).was_done()


def _made(name: str) -> str:
    with services().database.read() as connection:
        found = stored.of_name(connection, name)
    if found is None:
        return url_for("dashboard.campaigns")
    return url_for("dashboard.campaign", campaign_id=found.id)


def _look(form: Form, *, is_final: bool) -> Looked:
    drafts = services().campaigns.drafts
    return drafts.look(form.new, form.content, form.number_column, is_final=is_final)


def _refused(form: Form, looked: Looked) -> ResponseReturnValue:
    if request.headers.get("HX-Request"):  # the page keeps the file that was chosen
        return _page("campaign_found.html", form, looked)
    return _page("campaign_new.html", form, looked), 422


def _to(url: str) -> ResponseReturnValue:
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": url})
    return redirect(url, 303)


def _form() -> Form:
    file = request.files.get("list")
    new = NewCampaign(
        _field("name"),
        "whatsapp",
        template=_field("template"),
        text=_field("text"),
        variables=_variables(),
        try_anyway="try_anyway" in request.form,
        consent=_field("consent"),
        file_name=(file.filename or "")[:255] if file else "",
        start_at=_moment(request.form.get("start_at", "")),
    )
    return Form(new, file.read() if file else b"", _field("number_column") or None)


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


def _page(template: str, form: Form, looked: Looked | None) -> str:
    return render(
        template,
        here="campaigns",
        new=form.new,
        number_column=form.number_column or "",
        looked=looked,
        longest=LONGEST,
        variable=VARIABLE,
        start_at=request.form.get("start_at", ""),
    )
