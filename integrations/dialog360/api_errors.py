"""Converts error replies of 360dialog and Meta to IntegrationError, with Meta's own code if there is one.

A refusal is Meta's error object, alone or under "detail" (Cloud API), an array of them (on-premise API), or a sentence
by 360dialog without a code.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from integrations.dialog360.error_codes import (
    ACCOUNT_DISABLED,
    PAYMENT_OVERDUE,
    RATE_LIMIT,
    code_is_permanent,
)
from integrations.dialog360.lenient import line_of, whole_of
from integrations.errors import IntegrationError, is_permanent
from integrations.json_models import dict_of, dicts_of
from translations import lazy_gettext as _

_MOST_MESSAGE = 200
_CODES_BY_PHRASE = (
    ("rate limit", RATE_LIMIT),
    ("payment", PAYMENT_OVERDUE),
    ("disabled", ACCOUNT_DISABLED),
)
"""Words in 360dialog's bare HTTP 400 replies, and our code for each."""
_NUMBER_OR_LINK = re.compile(r"\+?[0-9][0-9 .()-]{5,}[0-9]|https?://\S+")


@contextmanager
def coded() -> Iterator[None]:
    """Convert JsonHttp's HTTP errors by their body; other errors pass unchanged."""
    try:
        yield
    except IntegrationError as error:
        if error.status is None or error.status < 400:
            raise
        raise refusal(error.status, error.body, error.retry_after_s) from error


def refusal(status: int, body: Any, retry_after_s: float | None = None) -> IntegrationError:
    """Return the error for a reply with status 400 or more. Its message holds no number or link."""
    meta_error = _meta_error(body)
    said = whole_of(meta_error.get("code"))
    words = (
        line_of(meta_error.get("message") or meta_error.get("title"), _MOST_MESSAGE)
        if meta_error
        else _own_message(body)
    )
    code = _own_code(status, words) if said is None else said
    return IntegrationError(
        f"360dialog: {_NUMBER_OR_LINK.sub('...', words)}"
        if words
        else _("{name} answered HTTP {status}").format(name="360dialog", status=status),
        permanent=_is_permanent(code, status),
        code=code,
        status=status,
        retry_after_s=retry_after_s,
        body=body,
    )


def _meta_error(body: Any) -> dict[str, Any]:
    answer = dict_of(body)
    found = [answer.get("error"), dict_of(answer.get("detail")).get("error"), *dicts_of(answer.get("errors"))]
    return next((error for error in map(dict_of, found) if whole_of(error.get("code")) is not None), {})


def _own_message(body: Any) -> str:
    answer = dict_of(body)
    said = [dict_of(answer.get("meta")).get("developer_message"), answer.get("error"), answer.get("detail")]
    return next(filter(None, (line_of(words, _MOST_MESSAGE) for words in said)), "")


def _own_code(status: int, words: str) -> int | str:
    lowered = words.lower()
    named = (code for phrase, code in _CODES_BY_PHRASE if phrase in lowered)
    return next(named, status) if status == 400 else status


def _is_permanent(code: int | str, status: int) -> bool:
    if isinstance(code, str):
        return code != RATE_LIMIT
    known = code_is_permanent(code) if code != status else None
    return is_permanent(status) if known is None else known
