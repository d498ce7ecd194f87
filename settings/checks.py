"""Checks the values of settings as people write them, and says what is wrong by a code. Knows no settings."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from dotenv.parser import parse_stream
from pydantic_core import PydanticCustomError

from phone_numbers import ReachAddress, parse_typed

OLDEST_SQLITE = (3, 35)
ENCODING = "utf-8-sig"
"""Of .env: UTF-8, with the mark that Windows' editors put before it or without."""

_ROUTES = {
    *(
        "voice",
        "fallback",
        "gather",
        "partial",
        "continue",
        "status",
        "machine",
        "webhook",
        "whatsapp",
        "360dialog",
    ),
    *("chatwoot", "elevenlabs", "handoff", "dashboard", "phone", "health", "metrics"),
}
"""What the paths end with that this server answers."""
_BETWEEN_NUMBERS = re.compile(r"[,;\n]|(?<![:\s])\s+(?=\+|whatsapp:)", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r".*(\.{3}|…)"  # sk-..., AC...
    r"|<.*>|\{.*\}"
    r"|(sk-|AC|HX|\+)?[xX*]{3,}"
    r"|(sk-|https?://)?(your|tu|su)[-_ ]"
    r"(api|auth|account|key|token|sid|secret|number|clave|domain|dominio|name|nombre)(?![a-z]).*"
    r"|change[-_ ]?me",
    re.IGNORECASE,
)


class SettingProblem(StrEnum):
    """Errors of a setting that pydantic does not check by type, limit or pattern."""

    PLACEHOLDER = "placeholder"
    ACCOUNT_SID = "account_sid"
    URL = "url"
    MODEL_URL = "model_url"
    ROUTE_IN_URL = "route_in_url"
    CRM_URL = "crm_url"
    ONE_NUMBER = "one_number"
    DATABASE_URL = "database_url"
    DATABASE_KIND = "database_kind"
    OLD_SQLITE = "old_sqlite"
    CHATWOOT_INCOMPLETE = "chatwoot_incomplete"
    REGION_INCOMPLETE = "region_incomplete"
    UNREADABLE_FILE = "unreadable_file"
    NO_TEXT_FILE = "no_text_file"


class SettingsError(ValueError):
    """A setting is invalid. `observability.settings_errors` says it to people.

    setting: the variable's name. problem: a SettingProblem, a PhoneNumberProblem, or pydantic's type of the error.
    values: what was expected, such as {"le": 240.0}; never what was given, which may be secret.
    """

    def __init__(self, setting: str, problem: str, values: Mapping[str, object]) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting, self.problem, self.values = setting, problem, values


def refused(problem: SettingProblem, **values: str) -> PydanticCustomError:
    """Return the error for a validator to raise. values: fill the sentence's braces."""
    return PydanticCustomError(problem, problem, values)


def refuse_placeholder(value: str) -> None:
    """Refuse what an example has in the place of a value: sk-..., <your key>, https://your-name.example."""
    if _PLACEHOLDER.fullmatch(value.strip()):
        raise refused(SettingProblem.PLACEHOLDER)


def number(value: str) -> ReachAddress:
    """Return a setting's phone number, as parse_e164 does; refuse several, and letters that a phone would dial."""
    parts = [part for part in _BETWEEN_NUMBERS.split(value) if part.strip()]
    if len(parts) > 1:
        raise refused(SettingProblem.ONE_NUMBER)
    return parse_typed(value.strip(" ,;"))


def numbers(value: str | None) -> str | None:
    """Return phone numbers in E.164 with commas between them, however they were separated; None if there is none."""
    parts = _BETWEEN_NUMBERS.split(value or "")
    return ",".join(number(part) for part in parts if part.strip()) or None


def http_url(value: str) -> str:
    """Return an http or https URL without a trailing slash; refuse anything else, and what has a query."""
    parts = http_parts(value)
    if parts is None or parts.query or parts.fragment:
        raise refused(SettingProblem.URL)
    return value.rstrip("/")


def public_url(value: str) -> str:
    """Return this server's public URL without a trailing slash; refuse the URL of one of its routes."""
    url = http_url(value)
    if urlsplit(url).path.lower().rpartition("/")[2] in _ROUTES:
        raise refused(SettingProblem.ROUTE_IN_URL)
    return url


def model_url(value: str) -> str:
    """Return the URL of a model's server, which may have a query; refuse anything else."""
    parts = http_parts(value)
    if parts is None or parts.fragment:
        raise refused(SettingProblem.MODEL_URL)
    return value


def http_parts(url: str) -> SplitResult | None:
    """Return the parts of an http or https URL; None for what is no such URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def unread_lines(env_file: Path) -> list[int]:
    """Return the numbers of the file's lines that are no setting, from 1: what stands there is ignored."""
    if not env_file.is_file():
        return []
    with env_file.open(encoding=ENCODING) as text:
        statements = list(parse_stream(text))
    unread = (
        one.original
        for one in statements
        if one.error or (one.key is not None and one.value is None)  # no comment, and nothing after a =
    )
    return [original.line + _blank_lines(original.string) for original in unread]


def _blank_lines(statement: str) -> int:
    """Return the number of lines before a statement that python-dotenv counts as its own."""
    return statement[: len(statement) - len(statement.lstrip())].count("\n")


def normalise_database_url(url: str) -> str:
    """Return the URL with the installed driver; postgres:// (as hosts give it) is accepted."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise refused(SettingProblem.DATABASE_URL)
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite":
        return url
    raise refused(SettingProblem.DATABASE_KIND)


def sqlite_url(file: Path) -> str:
    """Return the URL of a SQLite database, whatever characters are in its path."""
    # SQLAlchemy reads what follows "?" as options, and "%20" as a space
    return f"sqlite:///{re.sub('[%?#]', lambda found: quote(found[0]), str(file))}"


def require_sqlite(version: tuple[int, ...]) -> None:
    """Refuse DATABASE_URL where Python's SQLite is older than what we need: RETURNING, which came with 3.35."""
    if version < OLDEST_SQLITE:
        needed, has = (".".join(map(str, numbers)) for numbers in (OLDEST_SQLITE, version))
        raise refused(SettingProblem.OLD_SQLITE, needed=needed, has=has)
