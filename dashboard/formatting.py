"""Formats times, lengths and numbers in the reader's language and the business's time zone.

A script on the page rewrites times in the reader's zone; without it they stay in the business's.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app
from markupsafe import Markup

from dashboard.attachments import message_words
from dashboard.marks import without_english_marks
from phone_numbers import ReachAddress, is_erased, is_withheld, shown_number
from translations import gettext as _
from translations import lazy_pgettext
from translations.numbers import separated

_MONTHS = (
    lazy_pgettext("month", "Jan"),
    lazy_pgettext("month", "Feb"),
    lazy_pgettext("month", "Mar"),
    lazy_pgettext("month", "Apr"),
    lazy_pgettext("month", "May"),
    lazy_pgettext("month", "Jun"),
    lazy_pgettext("month", "Jul"),
    lazy_pgettext("month", "Aug"),
    lazy_pgettext("month", "Sep"),
    lazy_pgettext("month", "Oct"),
    lazy_pgettext("month", "Nov"),
    lazy_pgettext("month", "Dec"),
)


def zone() -> ZoneInfo:
    """Return the business's time zone."""
    found = current_app.extensions["dashboard"].zone
    assert isinstance(found, ZoneInfo)
    return found


def when(at: datetime | None) -> str:
    """Return a day and a time as a `<time>` element; "" for None. at: aware."""
    return _time(at, "both", "{day} {month} {year}, {clock}")


def day(at: datetime | None) -> str:
    """Return the day alone."""
    return _time(at, "day", "{day} {month} {year}")


def short_day(value: date) -> str:
    """Return "21 nov", the same day in every zone."""
    return f"{value.day} {_MONTHS[value.month - 1]}"


def short_hour(value: date) -> str:
    """Return "14:00" for an hour, and "21 nov" for a day: what stands below a bar."""
    return f"{value:%H:%M}" if isinstance(value, datetime) else short_day(value)


def hour(value: date) -> str:
    """Return "21 nov, 14:00" for an hour, and "21 nov" for a day."""
    return f"{short_day(value)}, {value:%H:%M}" if isinstance(value, datetime) else short_day(value)


def clock(at: datetime | None) -> str:
    """Return the time of day, to the second."""
    return _time(at, "clock", "{clock}:{second:02}")


def seconds(milliseconds: float | None) -> str:
    """Return "0,8 s" for 800; "" for None."""
    if milliseconds is None:
        return ""
    return f"{separated(f'{milliseconds / 1000:.1f}')} s"


def duration(length_s: float | None) -> str:
    """Return "1:35" for 95, "1:01:35" for an hour more; "" for None."""
    if length_s is None:
        return ""
    minutes, rest = divmod(round(length_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def number(value: int | None) -> str:
    """Return "12.345" or "12,345"; "" for None."""
    if value is None:
        return ""
    return separated(f"{value:,}")


def money(value: float) -> str:
    """Return "1.234,57" or "1,234.57", in the currency of the configured prices; four decimals below 1."""
    text = f"{value:,.2f}" if value >= 1 or value == 0 else f"{value:.4f}"
    return separated(text)


def address(value: ReachAddress) -> str:
    """Return a contact's number as people read it: one without a number says so."""
    if is_erased(value):
        return _("erased")
    return shown_number(value) or (_("withheld number") if is_withheld(value) else _("no number"))


FILTERS = {
    "when": when,
    "day": day,
    "short_day": short_day,
    "short_hour": short_hour,
    "hour": hour,
    "clock": clock,
    "seconds": seconds,
    "duration": duration,
    "number": number,
    "money": money,
    "address": address,
    "message_words": message_words,
    "heard_words": without_english_marks,
}


def _time(at: datetime | None, kind: str, form: str) -> str:
    if at is None:
        return ""
    local = at.astimezone(zone())
    shown = form.format(
        day=local.day,
        month=_MONTHS[local.month - 1],
        year=local.year,
        clock=f"{local:%H:%M}",
        second=local.second,
    )
    return Markup('<time datetime="{}" data-shows="{}">{}</time>').format(at.isoformat(), kind, shown)
