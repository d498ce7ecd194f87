"""Validates phone numbers and URLs given as command-line options."""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

import click

from phone_numbers import PhoneNumberError, PhoneNumberProblem, parse_e164
from translations import Message, lazy_gettext

Callback: TypeAlias = Callable[[click.Context, click.Parameter, str | None], str | None]
"""An option's callback. It returns the value, or ends the command with exit code 2."""

_NUMBERS: Mapping[PhoneNumberProblem, Message] = {
    PhoneNumberProblem.NO_COUNTRY_CODE: lazy_gettext(
        "must be a number with its country code, such as +34600000001"
    ),
    PhoneNumberProblem.IMPOSSIBLE: lazy_gettext(
        "is not a possible phone number: check its country code and its length"
    ),
}


_URL = lazy_gettext("must be a URL such as http://127.0.0.1:5000")


def number_reader(language: str, *, form: Callable[[str], str] = str, may_withhold: bool = False) -> Callback:
    """Return the callback of a phone number option.

    form: converts the E.164 number. may_withhold: accepts "anonymous" and returns it unchanged.
    """

    def read(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is None or (may_withhold and value == "anonymous"):
            return value
        try:
            return form(parse_e164(value))
        except PhoneNumberError as error:
            raise click.BadParameter(_NUMBERS[error.problem].said_in(language)) from error

    return read


def url_reader(language: str) -> Callback:
    """Return the callback of a server URL option."""

    def read(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is None or _is_http(value):
            return value
        raise click.BadParameter(_URL.said_in(language))

    return read


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
