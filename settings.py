"""Settings from the environment and .env, of which this is the only reader; frozen, checked at the start."""

import os
import re
import sqlite3
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from phone_numbers import PhoneNumberError, dialable_number, parse_e164

ROOT = Path(__file__).resolve().parent
SIMULATOR_ACCOUNT_SID = "AC" + "51" * 16
"""The account of the simulator's webhooks: made up, and never accepted from elsewhere."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
OLDEST_SQLITE = (3, 35)

_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that prometheus_client reads. Its earlier value is ignored: counts stay with their data."""

Secret = Annotated[str | None, Field(repr=False)]


class SettingProblem(StrEnum):
    """Errors of a setting that pydantic does not check by type, limit or pattern."""

    ACCOUNT_SID = "account_sid"
    URL = "url"
    CRM_URL = "crm_url"
    DATABASE_URL = "database_url"
    DATABASE_KIND = "database_kind"
    OLD_SQLITE = "old_sqlite"
    CHATWOOT_INCOMPLETE = "chatwoot_incomplete"


class SettingsError(ValueError):
    """A setting is invalid. `observability.settings_errors` says it to people.

    setting: the variable's name. problem: a SettingProblem, a PhoneNumberProblem, or pydantic's type of the error.
    values: what was expected, such as {"le": 240.0}; never what was given, which may be secret.
    """

    def __init__(self, setting: str, problem: str, values: Mapping[str, object]) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting, self.problem, self.values = setting, problem, values


class TwilioCredentials(NamedTuple):
    """The credentials for Twilio's REST API."""

    account_sid: str
    auth_token: str

    def __repr__(self) -> str:
        """Show the account alone, so that no log or traceback holds the token."""
        return f"TwilioCredentials({self.account_sid!r})"


class Settings(BaseSettings):
    """The settings. Field names are the variables' names in lower case."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, populate_by_name=True
    )

    # Twilio
    twilio_account_sid: str | None = None
    twilio_auth_token: Secret = None
    twilio_phone_number: str | None = None
    to_phone_number: str | None = None
    twilio_whatsapp_number: str | None = Field(
        default=None, validation_alias=AliasChoices("twilio_whatsapp_number", "twilio_whatsapp_from")
    )
    twilio_template_sid: Annotated[str | None, Field(pattern=r"^HX[0-9a-fA-F]{32}$")] = None
    twilio_api_url: str | None = None

    # The model
    openai_api_key: Secret = None
    openai_base_url: str | None = None
    openai_model: str = "gpt-5.4-mini"
    openai_fallback_model: str | None = None
    openai_reasoning_effort: str | None = None
    openai_transcription_model: str = "gpt-transcribe"
    openai_price_in: Annotated[float | None, Field(ge=0)] = None
    openai_price_out: Annotated[float | None, Field(ge=0)] = None

    # The assistant
    assistant_profile: str = "recepcion.es"
    human_phone_number: str | None = None
    call_max_minutes: Annotated[float, Field(gt=0, le=240)] = 15
    answer_wait_s: Annotated[float, Field(ge=0.1, le=4)] = 2
    whatsapp_settle_s: Annotated[float, Field(ge=0, le=6)] = 1.5
    whatsapp_twiml_wait_s: Annotated[float, Field(ge=0, le=6)] = 6
    whatsapp_echo_transcript: bool = False
    whatsapp_most_per_hour: Annotated[int | None, Field(ge=1)] = None
    whatsapp_allowed: str | None = None

    # People
    chatwoot_enabled: bool = False
    chatwoot_url: str | None = None
    chatwoot_inbox_id: str | None = None
    chatwoot_account_id: Annotated[int | None, Field(ge=1)] = None
    chatwoot_api_token: Secret = None
    chatwoot_webhook_secret: Secret = None
    chatwoot_assigning_takes_over: bool = False
    human_resume_h: Annotated[float, Field(gt=0, le=720)] = 12
    vendedor_whatsapp: str | None = None
    seller_reply_min: Annotated[float, Field(gt=0, le=1440)] = 5
    handoff_api_key: Secret = None
    elevenlabs_webhook_secret: Secret = None
    crm_webhook_url: str | None = None
    crm_webhook_secret: Secret = None
    d360_api_key: Secret = None
    d360_api_url: str | None = None
    d360_webhook_token: Secret = None
    d360_template: Annotated[str | None, Field(pattern=r"^[a-z0-9_]{1,512}:[a-z]{2,3}(_[A-Z]{2})?$")] = None

    dashboard_password: Secret = None

    # Where it runs
    webhook_url: str | None = None
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 5000
    web_concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=4, le=4000)] = 400
    data_dir: Path = ROOT / "data"
    database_url: Annotated[str, Field(repr=False)] = ""
    secret_key: Secret = None
    worker_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] = "worker-1"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "pretty"] = "auto"
    lang: str = Field(default="es", validation_alias=AliasChoices("LC_ALL", "LC_MESSAGES", "LANG", "lang"))
    """The locale of the terminal, such as es_MX.UTF-8."""

    @property
    def local_url(self) -> str:
        """The URL of this server on this machine, without a trailing slash."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def is_public(self) -> bool:
        """True if WEBHOOK_URL is set, and is no address of this machine alone."""
        return self.webhook_url is not None and urlsplit(self.webhook_url).hostname not in LOOPBACK_NAMES

    @property
    def has_model(self) -> bool:
        """True if a model is configured; otherwise the offline model answers."""
        return bool(self.openai_api_key or self.openai_base_url)

    @property
    def twilio_auth_tokens(self) -> tuple[str, ...]:
        """The tokens whose signatures are valid: the primary one first, more while one is being rotated."""
        return tuple(self.twilio_auth_token.split(",")) if self.twilio_auth_token else ()

    @property
    def twilio_credentials(self) -> TwilioCredentials | None:
        """The account and its primary token for Twilio's REST API; None without both."""
        if not self.twilio_account_sid or not self.twilio_auth_tokens:
            return None
        return TwilioCredentials(self.twilio_account_sid, self.twilio_auth_tokens[0])

    @property
    def whatsapp_allowed_numbers(self) -> frozenset[str]:
        """The only E.164 numbers answered on WhatsApp; if empty, everybody is."""
        return frozenset((self.whatsapp_allowed or "").split(",")) - {""}

    @property
    def person_number(self) -> str | None:
        """The number that callers are transferred to; None if it is not set, or a number of ours."""
        ours = {self.twilio_phone_number, dialable_number(self.twilio_whatsapp_number or "")}
        return None if self.human_phone_number in ours else self.human_phone_number

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("twilio_account_sid")
    @classmethod
    def _account_sid(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"AC[0-9A-Za-z]{32}", value):
            raise _refused(SettingProblem.ACCOUNT_SID)
        return value

    @field_validator("twilio_auth_token")
    @classmethod
    def _auth_tokens(cls, value: str | None) -> str | None:
        return ",".join(filter(None, (part.strip() for part in (value or "").split(",")))) or None

    @field_validator("twilio_phone_number", "to_phone_number", "human_phone_number")
    @classmethod
    def _phone_number(cls, value: str | None) -> str | None:
        return None if value is None else dialable_number(parse_e164(value))

    @field_validator("twilio_whatsapp_number")
    @classmethod
    def _whatsapp_number(cls, value: str | None) -> str | None:
        return None if value is None else parse_e164(value)

    @property
    def seller_numbers(self) -> tuple[str, ...]:
        """The sellers notified of customers that want a person, as E.164."""
        return tuple(filter(None, (self.vendedor_whatsapp or "").split(",")))

    @property
    def sellers_file(self) -> Path:
        """The file with more details on the sellers than their numbers, if any."""
        return ROOT / "profiles" / "sellers.toml"

    @property
    def has_sellers(self) -> bool:
        """True if there is a seller to notify of a customer that wants a person."""
        return bool(self.vendedor_whatsapp) or self.sellers_file.exists()

    @field_validator("whatsapp_allowed", "vendedor_whatsapp")
    @classmethod
    def _numbers(cls, value: str | None) -> str | None:
        parts = (value or "").split(",")
        return ",".join(parse_e164(part) for part in parts if part.strip()) or None

    @field_validator("webhook_url", "openai_base_url", "twilio_api_url", "d360_api_url")
    @classmethod
    def _http_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _http_parts(value)
        if parts is None or parts.query or parts.fragment:
            raise _refused(SettingProblem.URL)
        return value.rstrip("/")

    @field_validator("chatwoot_url")
    @classmethod
    def _chatwoot_url(cls, value: str | None) -> str | None:
        return None if value is None else cls._http_url(value.rstrip("/").removesuffix("/public/api/v1"))

    @field_validator("crm_webhook_url")
    @classmethod
    def _hook_url(cls, value: str | None) -> str | None:
        if value is not None and _http_parts(value) is None:
            raise _refused(SettingProblem.CRM_URL)
        return value

    @model_validator(mode="after")
    def _chatwoot(self) -> "Settings":
        if self.chatwoot_enabled and not (self.chatwoot_url and self.chatwoot_inbox_id):
            raise _refused(SettingProblem.CHATWOOT_INCOMPLETE)
        return self

    @model_validator(mode="after")
    def _database(self) -> "Settings":
        url = self.database_url or f"sqlite:///{self.data_dir / 'assistant.db'}"
        object.__setattr__(self, "database_url", normalise_database_url(url))
        if self.database_url.startswith("sqlite"):
            require_sqlite(sqlite3.sqlite_version_info)
        return self


def normalise_database_url(url: str) -> str:
    """Return the URL with the installed driver; postgres:// (as hosts give it) is accepted."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise _refused(SettingProblem.DATABASE_URL)
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite":
        return url
    raise _refused(SettingProblem.DATABASE_KIND)


def require_sqlite(version: tuple[int, ...]) -> None:
    """Refuse DATABASE_URL where Python's SQLite is older than what we need: RETURNING, which came with 3.35."""
    if version < OLDEST_SQLITE:
        needed, has = (".".join(map(str, numbers)) for numbers in (OLDEST_SQLITE, version))
        raise _refused(SettingProblem.OLD_SQLITE, needed=needed, has=has)


def load_settings(env_file: Path | None = ROOT / ".env", **values: Any) -> Settings:
    """Read the settings; `values` take precedence over the environment, the environment over the file.

    Raises SettingsError for the first invalid setting.
    """
    try:
        return Settings(_env_file=env_file, _env_file_encoding="utf-8", **values)
    except ValidationError as error:
        raise _settings_error(error.errors(include_input=False, include_url=False)[0]) from None


def reader_locale() -> str:
    """Return the terminal's locale even if the settings are invalid, so that the error can be said in its language."""
    # The settings' own reading of the environment, without its checks.
    found = EnvSettingsSource(Settings, env_ignore_empty=True)()
    given = (found[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG", "lang") if name in found)
    return str(next(given, Settings.model_fields["lang"].default))


def settle_port(port: int) -> None:
    """Set the port for all settings loaded from now on, here and in child processes."""
    os.environ["PORT"] = str(port)


def share_metrics(folder: Path) -> None:
    """Share metrics, from this process and its children, in a folder with all processes that use it."""
    os.environ[_METRICS_FOLDER] = str(folder.absolute())


def metrics_folder() -> Path | None:
    """Return the folder of shared metrics; None if this process counts alone."""
    folder = os.environ.get(_METRICS_FOLDER)
    return Path(folder) if folder else None


def _http_parts(url: str) -> SplitResult | None:
    """Return the parts of an http or https URL; None for what is no such URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _refused(problem: SettingProblem, **values: str) -> PydanticCustomError:
    return PydanticCustomError(problem, problem, values)


def _settings_error(details: ErrorDetails) -> SettingsError:
    problem, values = details["type"], details.get("ctx", {})
    if isinstance(error := values.pop("error", None), PhoneNumberError):
        problem = error.problem
    if problem == SettingProblem.CHATWOOT_INCOMPLETE:
        setting = "CHATWOOT_ENABLED"
    else:
        setting = str(details["loc"][0]).upper() if details["loc"] else "DATABASE_URL"
    return SettingsError(setting, problem, values)
