"""Says what a new list has changed of a campaign."""

from dashboard.actions.campaigns import ListChanges
from translations import gettext as _
from translations import ngettext
from translations.numbers import separated


def changes_said(changes: ListChanges) -> str:
    """Return what a new list has changed, as one paragraph."""
    counted = (
        (changes.moved, ngettext("{count} has another date.", "{count} have another date.", changes.moved)),
        (changes.added, ngettext("{count} is new.", "{count} are new.", changes.added)),
        (
            changes.gone,
            ngettext("{count} is no longer on the list.", "{count} are no longer on the list.", changes.gone),
        ),
        (
            changes.same,
            ngettext(
                "{count} has the same date as before.", "{count} have the same date as before.", changes.same
            ),
        ),
        (
            changes.busy,
            ngettext(
                "{count} is being tried at this moment, and was not changed: give the list again in a minute.",
                "{count} are being tried at this moment, and were not changed: give the list again in a minute.",
                changes.busy,
            ),
        ),
    )
    said = [words.format(count=separated(f"{count:,}")) for count, words in counted if count]
    return " ".join([_("The list is as the file has it."), *said])
