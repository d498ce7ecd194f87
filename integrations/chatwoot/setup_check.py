"""Finds problems of a connection to Chatwoot without changing anything there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any
from urllib.parse import quote

from integrations.chatwoot.api import MOVED, Api, understood
from integrations.chatwoot.shapes import CONVERSATIONS, Inbox
from integrations.errors import NOT_SECURE, NOT_UNDERSTOOD, IntegrationError
from integrations.http.json_client import NOT_SENDABLE
from integrations.json_models import dict_of

_SIGNS_SINCE = (4, 13)
_NO_CONVERSATION = 0  # display ids begin with 1, so a good token gets 404 here


class Problem(StrEnum):
    """A problem of the connection; the command words it."""

    UNREACHABLE = auto()
    NOT_SECURE = auto()
    FAILING = auto()
    MOVED = auto()
    NOT_CHATWOOT = auto()
    INBOX_UNKNOWN = auto()
    INBOX_REQUIRES_IDENTITY = auto()
    ACCOUNT_MISSING = auto()
    TOKEN_MISSING = auto()
    TOKEN_NOT_RECEIVED = auto()
    """A proxy drops headers with an underscore (nginx: underscores_in_headers on)."""
    TOKEN_WRONG = auto()
    TOKEN_OF_OTHER_ACCOUNT = auto()
    ACCOUNT_WRONG = auto()
    """The inbox belongs to another account; the configured one may exist."""
    API_NOT_ENABLED = auto()
    WEBHOOKS_UNSIGNED = auto()
    """Inbox webhooks are signed since 4.13, account webhooks since 4.12."""


class Owner(StrEnum):
    """The token's owner. A bot's token can do everything except set receipts."""

    AGENT_BOT = "agent_bot"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a check. version: "" if unknown. owner: None without a valid token."""

    problems: tuple[Problem, ...]
    inbox: Inbox | None
    version: str
    owner: Owner | None


def find_problems(api: Api, source_id: str | None) -> Findings:
    """Check the connection with as few requests as possible."""
    inbox, problems = _look_at_inbox(api)
    if inbox is None and problems != [Problem.INBOX_UNKNOWN]:
        return Findings(tuple(problems), None, "", None)
    version = _version(api)
    if inbox is None and not version:
        return Findings((Problem.NOT_CHATWOOT,), None, "", None)
    if _is_before_signing(version):
        problems.append(Problem.WEBHOOKS_UNSIGNED)
    owner, more = _look_at_token(api)
    if not more and owner is not None and source_id is not None and _is_other_account(api, source_id):
        more = [Problem.ACCOUNT_WRONG]
    return Findings((*problems, *more), inbox, version, owner)


def _look_at_inbox(api: Api) -> tuple[Inbox | None, list[Problem]]:
    try:
        inbox = understood(Inbox.model_validate, api.public("GET", ""))
    except IntegrationError as error:
        return None, [_reason(error)]
    return inbox, [Problem.INBOX_REQUIRES_IDENTITY] if inbox.requires_identity else []


def _reason(error: IntegrationError) -> Problem:
    if error.code == NOT_SECURE:
        return Problem.NOT_SECURE
    if error.code == MOVED:
        return Problem.MOVED
    if error.status == 404:
        return Problem.INBOX_UNKNOWN
    if error.status is not None and (error.status >= 500 or not error.permanent):
        return Problem.FAILING
    if error.status is not None or error.code in (NOT_UNDERSTOOD, NOT_SENDABLE):
        return Problem.NOT_CHATWOOT
    return Problem.UNREACHABLE


def _version(api: Api) -> str:
    try:
        return api.version()
    except IntegrationError:
        return ""  # a proxy may block this route alone


def _is_before_signing(version: str) -> bool:
    numbers = re.match(r"([0-9]{1,6})\.([0-9]{1,6})", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) < _SIGNS_SINCE


def _look_at_token(api: Api) -> tuple[Owner | None, list[Problem]]:
    if not api.api_token:
        return None, [] if api.account_id is None else [Problem.TOKEN_MISSING]
    if api.account_id is None:
        return None, [Problem.ACCOUNT_MISSING]
    messages = f"/conversations/{_NO_CONVERSATION}/messages"
    refusal = _refusal(lambda: api.application("POST", messages, json={}))
    if refusal is not None and refusal.status != 404:
        return None, [_token_reason(refusal)]
    refusal = _refusal(lambda: api.application("PATCH", f"{messages}/0", json={}))
    return Owner.AGENT_BOT if refusal is not None and refusal.status == 401 else Owner.USER, []


def _refusal(ask: Callable[[], Any]) -> IntegrationError | None:
    try:
        ask()
    except IntegrationError as error:
        return error
    return None


def _token_reason(error: IntegrationError) -> Problem:
    said = str(dict_of(error.body).get("error", ""))
    if error.status == 403:
        return Problem.API_NOT_ENABLED
    if error.status != 401:
        return Problem.TOKEN_WRONG if error.code == NOT_SENDABLE else _reason(error)
    if not said:  # a request to sign in, as without any token
        return Problem.TOKEN_NOT_RECEIVED
    return Problem.TOKEN_OF_OTHER_ACCOUNT if "authorized to access" in said else Problem.TOKEN_WRONG


def _is_other_account(api: Api, source_id: str) -> bool:
    path = f"/contacts/{quote(source_id, safe='')}/conversations"
    try:
        conversations = understood(CONVERSATIONS.validate_python, api.public("GET", path))
    except IntegrationError:
        return False  # no evidence
    accounts = {found.account_id for found in conversations} - {None}
    return bool(accounts) and api.account_id not in accounts
