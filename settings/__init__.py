"""Settings from the environment and .env, of which this is the only reader; frozen, checked at the start."""

import logging
import os
import re
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from common import ip_addresses
from common.taken_address import taken_address
from phone_numbers import PhoneNumberError, ReachAddress, dialable_number
from settings import checks
from settings.checks import SettingProblem as SettingProblem
from settings.checks import SettingsError as SettingsError

ROOT = Path(__file__).resolve().parent.parent
SIMULATOR_ACCOUNT_SID = "AC" + "51" * 16
"""The account of the simulator's webhooks: made up, and never accepted from elsewhere."""

_LIKENESS = 0.8
"""The share of letters, in order, that a misspelt name has in common with the right one; of difflib's ratio."""
_OWN_WORDS = {"assistant_profile", "dashboard_password", "secret_key", "erasure_key"}
"""Settings whose value is made up by whoever sets it: any text will do."""
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that prometheus_client reads. Its earlier value is ignored: counts stay with their data."""

Secret = Annotated[str | None, Field(repr=False)]


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
    twilio_region: Annotated[str | None, Field(pattern=r"^[a-z]{2}[0-9]$")] = None
    twilio_edge: Annotated[str | None, Field(pattern=r"^[a-z]+(-[a-z0-9]+)*$")] = None
    twilio_api_url: str | None = None

    # The model
    openai_api_key: Secret = None
    openai_base_url: str | None = None
    openai_api: Literal["chat", "responses"] = "chat"
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
    calls_per_second: Annotated[float, Field(gt=0, le=100)] = 1
    calls_at_once: Annotated[int, Field(ge=1, le=1000)] = 5
    answer_wait_s: Annotated[float, Field(ge=0.1, le=4)] = 2
    whatsapp_settle_s: Annotated[float, Field(ge=0, le=6)] = 1.5
    whatsapp_twiml_wait_s: Annotated[float, Field(ge=0, le=6)] = 6
    whatsapp_echo_transcript: bool = False
    whatsapp_most_per_hour: Annotated[int | None, Field(ge=1)] = None
    whatsapp_allowed: str | None = None

    # What the business begins
    daily_messages: Annotated[int | None, Field(ge=0)] = None
    daily_calls: Annotated[int | None, Field(ge=0)] = None
    daily_spend: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    message_price: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.1
    call_price: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.5

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
    metrics_key: Secret = None

    # Where it runs
    webhook_url: str | None = None
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 5000
    web_concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=4, le=4000)] = 400
    data_dir: Path = ROOT / "data"
    database_url: Annotated[str, Field(repr=False)] = ""
    database_connections: Annotated[int, Field(ge=11, le=100_000)] = 90
    secret_key: Secret = None
    erasure_key: Secret = None
    keep_days: Annotated[int | None, Field(ge=1, le=36500)] = None
    worker_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] = "worker-1"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "pretty"] = "auto"
    lang: str = Field(default="es", validation_alias=AliasChoices("LC_ALL", "LC_MESSAGES", "LANG", "lang"))
    """The locale of the terminal, such as es_MX.UTF-8."""

    @property
    def local_url(self) -> str:
        """The URL of this server on this machine, without a trailing slash."""
        return f"http://{ip_addresses.in_url(ip_addresses.reached_at(self.host))}:{self.port}"

    @property
    def is_public(self) -> bool:
        """True if WEBHOOK_URL is set, and is no address of this machine alone."""
        if self.webhook_url is None:
            return False
        return not ip_addresses.is_loopback(urlsplit(self.webhook_url).hostname or "")

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

    @field_validator("*", mode="before")
    @classmethod
    def _no_placeholder(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str) and info.field_name not in _OWN_WORDS:
            checks.refuse_placeholder(value)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        return ip_addresses.without_port(value.strip())

    @field_validator("twilio_account_sid")
    @classmethod
    def _account_sid(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"AC[0-9A-Za-z]{32}", value):
            raise checks.refused(SettingProblem.ACCOUNT_SID)
        return value

    @field_validator("twilio_region", "twilio_edge", mode="before")
    @classmethod
    def _region_name(cls, value: Any) -> Any:
        return value.strip().lower() or None if isinstance(value, str) else value

    @field_validator("twilio_auth_token")
    @classmethod
    def _auth_tokens(cls, value: str | None) -> str | None:
        return ",".join(filter(None, (part.strip() for part in (value or "").split(",")))) or None

    @field_validator("twilio_phone_number", "to_phone_number", "human_phone_number")
    @classmethod
    def _phone_number(cls, value: str | None) -> str | None:
        return None if value is None else dialable_number(checks.number(value))

    @field_validator("twilio_whatsapp_number")
    @classmethod
    def _whatsapp_number(cls, value: str | None) -> str | None:
        return None if value is None else checks.number(value)

    @property
    def seller_numbers(self) -> tuple[ReachAddress, ...]:
        """The sellers notified of customers that want a person, as E.164."""
        return tuple(map(ReachAddress, filter(None, (self.vendedor_whatsapp or "").split(","))))

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
        return checks.numbers(value)

    @field_validator("twilio_api_url", "d360_api_url")
    @classmethod
    def _http_url(cls, value: str | None) -> str | None:
        return None if value is None else checks.http_url(value)

    @field_validator("webhook_url")
    @classmethod
    def _public_url(cls, value: str | None) -> str | None:
        return None if value is None else checks.public_url(value)

    @field_validator("openai_base_url")
    @classmethod
    def _model_url(cls, value: str | None) -> str | None:
        return None if value is None else checks.model_url(value)

    @field_validator("chatwoot_url")
    @classmethod
    def _chatwoot_url(cls, value: str | None) -> str | None:
        return None if value is None else checks.http_url(value.rstrip("/").removesuffix("/public/api/v1"))

    @field_validator("crm_webhook_url")
    @classmethod
    def _hook_url(cls, value: str | None) -> str | None:
        if value is not None and checks.http_parts(value) is None:
            raise checks.refused(SettingProblem.CRM_URL)
        return value

    @model_validator(mode="after")
    def _chatwoot(self) -> "Settings":
        if self.chatwoot_enabled and not (self.chatwoot_url and self.chatwoot_inbox_id):
            raise checks.refused(SettingProblem.CHATWOOT_INCOMPLETE)
        return self

    @model_validator(mode="after")
    def _region(self) -> "Settings":
        if bool(self.twilio_region) != bool(self.twilio_edge):
            raise checks.refused(SettingProblem.REGION_INCOMPLETE)
        return self

    @field_validator("data_dir")
    @classmethod
    def _folder(cls, value: Path) -> Path:
        """Let it be the same folder for all programs, wherever they are started."""
        return ROOT / value

    @model_validator(mode="after")
    def _database(self) -> "Settings":
        url = self.database_url or checks.sqlite_url(self.data_dir / "assistant.db")
        object.__setattr__(self, "database_url", checks.normalise_database_url(url))
        if self.database_url.startswith("sqlite"):
            checks.require_sqlite(sqlite3.sqlite_version_info)
        return self


_OTHER_NAMES = {
    alias.upper()
    for field in Settings.model_fields.values()
    if isinstance(field.validation_alias, AliasChoices)
    for alias in field.validation_alias.choices
    if isinstance(alias, str)
}


def load_settings(env_file: Path | None = ROOT / ".env", **values: Any) -> Settings:
    """Read the settings; `values` take precedence over the environment, the environment over the file.

    Without a WEBHOOK_URL it is the one that the running assistant has taken from a tunnel, if any.
    Raises SettingsError for the first invalid setting.
    """
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # `unread_lines` tells of what it warns of
    try:
        settings = Settings(_env_file=env_file, _env_file_encoding=checks.ENCODING, **values)
        if settings.webhook_url is None and (taken := taken_address(settings.data_dir)) is not None:
            values["webhook_url"] = taken
            return Settings(_env_file=env_file, _env_file_encoding=checks.ENCODING, **values)
        return settings
    except ValidationError as error:
        raise _settings_error(error.errors(include_input=False, include_url=False)[0]) from None
    except UnicodeDecodeError:  # its message holds the file's contents
        raise SettingsError(_name_of(env_file), SettingProblem.NO_TEXT_FILE, {}) from None
    except OSError:
        raise SettingsError(_name_of(env_file), SettingProblem.UNREADABLE_FILE, {}) from None


def _name_of(env_file: Path | None) -> str:
    return env_file.name if env_file else ".env"


def reader_locale(env_file: Path | None = ROOT / ".env") -> str:
    """Return the terminal's locale even if the settings are invalid, so that the error can be said in its language."""
    # The settings' own reading of the environment and the file, without its checks.
    found = EnvSettingsSource(Settings, env_ignore_empty=True)()
    with suppress(OSError, UnicodeDecodeError):
        found = {**_file_source(env_file)(), **found}
    given = (found[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG", "lang") if name in found)
    return str(next(given, Settings.model_fields["lang"].default))


def misspelt_names(env_file: Path | None = ROOT / ".env") -> dict[str, str]:
    """Return the names in the environment and the file that are no setting, each with the one that it resembles.

    A name is left out if the one that it resembles is set: it may be there on purpose, such as OPENAI_API_KEY_OLD.
    """
    file = _file_source(env_file)
    environment = EnvSettingsSource(Settings, env_ignore_empty=True)
    found = {name.upper() for source in (file, environment) for name in source.env_vars}
    fields = {name.upper() for name in Settings.model_fields}
    nearest = {
        name: get_close_matches(name, fields - found, 1, _LIKENESS)
        for name in sorted(found - fields - _OTHER_NAMES)
    }
    return {name: near[0] for name, near in nearest.items() if near}


def _file_source(env_file: Path | None) -> DotEnvSettingsSource:
    return DotEnvSettingsSource(
        Settings, env_file=env_file, env_file_encoding=checks.ENCODING, env_ignore_empty=True
    )


def settle_port(port: int) -> None:
    """Set the port for all settings loaded from now on, here and in child processes."""
    os.environ["PORT"] = str(port)


def settle_webhook_url(url: str) -> None:
    """Set the public URL for all settings loaded from now on, here and in child processes."""
    os.environ["WEBHOOK_URL"] = url


def settle_language(language: str) -> None:
    """Set the language of libraries that use the standard library's gettext, here and in child processes."""
    os.environ["LANGUAGE"] = language


def share_metrics(folder: Path) -> None:
    """Share metrics, from this process and its children, in a folder with all processes that use it."""
    os.environ[_METRICS_FOLDER] = str(folder.absolute())


def metrics_folder() -> Path | None:
    """Return the folder of shared metrics; None if this process counts alone."""
    folder = os.environ.get(_METRICS_FOLDER)
    return Path(folder) if folder else None


_NAMED: Mapping[str, str] = {
    SettingProblem.CHATWOOT_INCOMPLETE: "CHATWOOT_ENABLED", SettingProblem.REGION_INCOMPLETE: "TWILIO_REGION",
}  # fmt: skip
"""The setting that is named where several are wrong together."""


def _settings_error(details: ErrorDetails) -> SettingsError:
    problem, values = details["type"], details.get("ctx", {})
    if isinstance(error := values.pop("error", None), PhoneNumberError):
        problem = error.problem
    setting = str(details["loc"][0]).upper() if details["loc"] else _NAMED.get(problem, "DATABASE_URL")
    return SettingsError(setting, problem, values)
