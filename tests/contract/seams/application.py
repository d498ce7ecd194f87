"""The application, what it reads from outside and what it tells, by values."""

import re
from datetime import datetime
from pathlib import Path

import prometheus_client.parser

import make_call
import make_call_ai_local
from app import create_app
from cli.console import Terminal
from conversation.metrics import ANSWERS, FIRST_WORD, MODEL_TIME, TOKENS
from conversation.profiles.error_messages import profile_sentence
from conversation.profiles.errors import ProfileError
from conversation.profiles.profile import load_profile
from jobs.executor import VERSION
from jobs.migrate import upgrade as migrate
from jobs.queue import APPLICATION, QUEUES, WORKFLOW
from observability.metrics import MESSAGES, RECEIPTS, REQUESTS
from observability.settings_errors import settings_sentence
from people.handoff.seller_errors import sellers_sentence
from people.handoff.sellers import SellersError, load_sellers
from settings import ROOT, Settings, SettingsError, load_settings
from storage.base import utc_now
from storage.models import Base
from storage.processes import give_sign
from tests.contract.seams import NOON

__all__ = ["migrate"]


def make_app(**values):
    """Build the application with these settings, and those of the environment."""
    return create_app(load_settings(None, **values))


def close(app):
    """Let go of what an application holds."""
    parts = app.extensions["container"]
    parts.end_serving()
    parts.database.close()


def database_file(app) -> Path:
    return Path(app.extensions["container"].settings.data_dir) / "assistant.db"


def stop_the_clock(monkeypatch, at=NOON):
    """Have the application's clock say one time."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return at.astimezone(tz)

    monkeypatch.setattr("storage.base.datetime", Stopped)


def script(name: str, language: str):
    """Return the click command of one of the two scripts."""
    module = {"make_call.py": make_call, "make_call_ai_local.py": make_call_ai_local}[name]
    return module.command(Terminal(language))


# What is read from outside


def settings() -> dict[str, dict]:
    """Return each setting by its field's name: the environment's names, and its JSON schema."""
    schema = Settings.model_json_schema(by_alias=False)["properties"]
    found = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        names = [str(choice).upper() for choice in alias.choices] if alias else [name.upper()]
        detail = {key: value for key, value in schema[name].items() if key != "title"}
        detail["secret"] = not field.repr
        found[name] = {"names": list(dict.fromkeys(names)), **detail}
    found["data_dir"]["default"] = str(Path(found["data_dir"]["default"]).relative_to(ROOT))
    return found


def refusal_of_settings(language: str) -> str:
    """Return the sentence for what the environment says; "" where it can be right."""
    try:
        load_settings(None)
    except SettingsError as error:
        return settings_sentence(error).said_in(language)
    return ""


def refusal_of_profile(name_or_path: str, language: str) -> str:
    try:
        load_profile(name_or_path)
    except ProfileError as error:
        return profile_sentence(error).said_in(language)
    return ""


def refusal_of_sellers(path: Path, language: str) -> str:
    try:
        load_sellers(path)
    except SellersError as error:
        return sellers_sentence(error).said_in(language)
    return ""


# What is told outside


def metrics(app) -> list[tuple[str, str, str, list[str]]]:
    """Return (name, type, help, labels) of each metric, all of them counted once."""
    parts = app.extensions["container"]
    parts.exposition.begin()
    parts.vitals.check()
    with parts.database.write() as connection:
        give_sign(connection, "another", "worker", utc_now(), late_loop="a-loop", late_since=utc_now())
    for measure in (REQUESTS, MESSAGES, RECEIPTS, ANSWERS, TOKENS):
        parts.metrics.count(measure, *("x" for _ in measure.labels))
    for measure in (FIRST_WORD, MODEL_TIME):
        parts.metrics.observe(measure, *("x" for _ in measure.labels), seconds=1)
    families = prometheus_client.parser.text_string_to_metric_families(
        app.test_client().get("/metrics").get_data(as_text=True)
    )
    return [
        (
            family.name,
            family.type,
            family.documentation,
            sorted({label for sample in family.samples for label in sample.labels}),
        )
        for family in families
    ]


def buckets(app) -> dict[str, list[str]]:
    """Return the bounds of each histogram that was told of."""
    families = prometheus_client.parser.text_string_to_metric_families(
        app.test_client().get("/metrics").get_data(as_text=True)
    )
    return {
        family.name: list(dict.fromkeys(s.labels["le"] for s in family.samples if "le" in s.labels))
        for family in families
        if family.type == "histogram"
    }


def our_tables() -> list[str]:
    return sorted(Base.metadata.tables)


def kept_names(app) -> dict[str, object]:
    """Return what databases, queues and browsers keep by name."""
    parts = app.extensions["container"]
    return {
        "application": APPLICATION,
        "application version": VERSION,
        "workflow": WORKFLOW,
        "queues": QUEUES,
        "jobs": sorted(parts.jobs.by_name),
        "migrations": sorted(
            re.search(r'^revision[^=]*= "(.+)"', file.read_text("utf-8"), re.MULTILINE)[1]
            for file in (ROOT / "storage/migrations/versions").glob("*.py")
        ),
        "session cookie": app.config["SESSION_COOKIE_NAME"],
        "session cookie's path": app.config["SESSION_COOKIE_PATH"],
    }
