"""All that the contract's tests know of where things stand: a module that moves is followed here, and nowhere else.

Each function returns plain values: strings, numbers, lists and dicts. A move of words to catalogues changes how
`words`, `sentences` and `pairs` find them, and no snapshot.
"""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import prometheus_client.parser
from babel.messages.pofile import read_po

import make_call
import make_call_ai_local
from app import create_app
from cli.console import Terminal
from conversation.intents import pattern_of
from conversation.metrics import ANSWERS, FIRST_WORD, MODEL_TIME, TOKENS
from conversation.phrases import catalogues
from conversation.profiles.error_messages import profile_sentence
from conversation.profiles.errors import ProfileError
from conversation.profiles.profile import instructions_for, load_profile
from conversation.tools.runner import phone_tools, whatsapp_tools
from integrations.dialog360 import error_codes as dialog360_codes
from integrations.offline.phrases import Patterns
from integrations.twilio import error_codes
from jobs.executor import VERSION
from jobs.migrate import upgrade as migrate
from jobs.queue import APPLICATION, QUEUES, WORKFLOW
from launch.texts import TEXTS as LAUNCH
from messaging import opt_out
from observability.disabled_features import what_is_off
from observability.metrics import MESSAGES, RECEIPTS, REQUESTS
from observability.settings_errors import settings_sentence
from people.handoff import notices
from people.handoff.seller_errors import sellers_sentence
from people.handoff.sellers import SellersError, load_sellers
from people.helpdesk.phrases import helpdesk_phrases
from settings import ROOT, Settings, SettingsError, load_settings
from simulator.terminal.phone_phrases import PHRASES as PHONE_WORDS
from simulator.terminal.whatsapp_phrases import PHRASES as WHATSAPP_WORDS
from storage.models import Base
from translations import in_language

LANGUAGES = ("es", "en")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
__all__ = ["LANGUAGES", "NOON", "ROOT", "close", "make_app", "migrate"]

_NOT_OURS = {"tests", "bench", "docs", "deploy", ".venv", "data", "migrations"}


# The application


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


# Words


def words() -> dict[str, object]:
    """Return every table of words by a name that says what it is, per language."""
    found: dict[str, object] = {}
    for language in LANGUAGES:
        found |= {
            f"{language}/launch": _translated(LAUNCH, language),
            f"{language}/terminal phone": _translated(PHONE_WORDS, language),
            f"{language}/terminal whatsapp": _translated(WHATSAPP_WORDS, language),
            f"{language}/no Python": shell_words(language),
            f"{language}/off": _announcements(language),
            f"{language}/twilio codes": _codes(error_codes, language),
            f"{language}/360dialog codes": _codes(dialog360_codes, language),
        }
    for language, catalogue in catalogues().items():
        found |= {
            f"{language}/phrases": asdict(catalogue.phrases),
            f"{language}/briefing": asdict(catalogue.briefing),
            f"{language}/sellers": asdict(catalogue.sellers),
            f"{language}/helpdesk": asdict(helpdesk_phrases(language)),
            f"{language}/offline model": _offline(catalogue.offline),
            f"{language}/transcript": asdict(catalogue.transcript),
            f"{language}/outbound": asdict(catalogue.outbound),
            f"{language}/handoff API": asdict(catalogue.handoff_api),
            f"{language}/dashboard": asdict(catalogue.dashboard),
            f"{language}/weekdays": list(catalogue.recognised.weekdays),
            f"{language}/asks for a person": pattern_of(catalogue.recognised.asks_for_person),
        }
    found["recognised/opt-out"] = {
        words: keyword.value for words, keyword in sorted(opt_out._keywords().items())
    }
    answers = notices._answers()
    for answer, name in ((notices.Answer.TAKE, "take"), (notices.Answer.DECLINE, "decline")):
        found[f"recognised/sellers {name}"] = sorted(
            said for said, meant in answers.items() if meant is answer
        )
    return found


def shell_words(language: str) -> str:
    """Return what start.sh and test.sh say where there is no Python."""
    said = subprocess.run(
        ["bash", "-c", f"LANG={language}; . launch/python.sh; say_no_python"],
        cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    return said.stdout + said.stderr


def _offline(phrases) -> dict[str, object]:
    patterns = Patterns.of(phrases.recognised)
    recognised = {name: getattr(patterns, name).pattern for name in patterns.__dataclass_fields__}
    return {name: text for name, text in asdict(phrases).items() if name != "recognised"} | recognised


def _translated(table, language: str) -> dict[str, str]:
    with in_language(language):
        return {key: str(message) for key, message in table.items()}


def _codes(module, language: str) -> dict[str, str]:
    codes = ["no-connection", "timeout", "connection-lost", "tls", "not-understood", *range(1, 140_000)]
    found = {str(code): module.what_to_do(code, language) for code in codes}
    told = {code: text for code, text in found.items() if text}
    ranges = {str(code) for start in (200, 500) for code in range(start + 1, start + 100)}
    return {code: text for code, text in told.items() if code not in ranges}


def _announcements(language: str) -> list[str]:
    nothing = load_settings(None)
    some = load_settings(
        None, twilio_auth_token="0f" * 16, vendedor_whatsapp="+34600000002", chatwoot_enabled=True,
        chatwoot_url="https://chatwoot.example", chatwoot_inbox_id="x",
    )  # fmt: skip
    return list(dict.fromkeys([*what_is_off(nothing, language), *what_is_off(some, language)]))


def instructions(name: str, channel: str) -> str:
    """Return what the model is told with one of the sample profiles."""
    return instructions_for(load_profile(name), now=NOON, channel=channel)


def profile(name: str) -> dict[str, object]:
    """Return what people hear with one of the sample profiles."""
    loaded = load_profile(name)
    return {
        "greeting": loaded.greeting,
        "greeting_outbound": loaded.greeting_outbound,
        "voicemail": loaded.voicemail,
        "voice": loaded.voice,
        "language": loaded.language,
        "time zone": loaded.time_zone.key,
        "phrases": asdict(loaded.phrases),
    }


def tools() -> dict[str, list[dict]]:
    """Return the tools that the model is offered, by channel."""
    sets = {
        "phone, can transfer": phone_tools(can_transfer=True),
        "phone, nobody": phone_tools(can_transfer=False),
        "whatsapp": whatsapp_tools(),
    }
    return {name: [asdict(tool.spec) for tool in offered] for name, offered in sets.items()}


# Every sentence of the source, wherever it stands


def sentences() -> list[str]:
    """Return every text of three words or more in the product's code that is no docstring, what is filled in as {}."""
    found = set()
    for tree in _trees():
        docstrings = {id(text) for text in _docstrings(tree)}
        inner = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if id(node) not in docstrings and id(node) not in inner and (text := _text(node)):
                found.add(text)
    found |= {text for pair in _catalogue() for text in pair}
    for language in LANGUAGES:
        found |= {_with_holes(text) for _, text in _phrases(language)}
    return sorted(text for text in found if re.search(r"[^\W\d_]{2,}\W+[^\W\d_]+\W+[^\W\d_]+", text))


def pairs() -> list[tuple[str, str]]:
    """Return every text that the code has in Spanish and in English, what is filled in as {}."""
    found: set[tuple[str, str]] = set()
    for tree in _trees():
        named = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                given = {keyword.arg: keyword.value for keyword in node.keywords}
            elif isinstance(node, ast.Dict):
                given = {
                    key.value: value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant)
                }
            else:
                continue
            if "es" in given and "en" in given:
                found |= set(_paired(given["es"], given["en"], named))
        for name in named:
            other = name.replace("SPANISH", "ENGLISH")
            if other != name and other in named:
                found |= set(_paired(named[name], named[other], named))
    english = dict(_phrases("en"))
    found |= {
        (_with_holes(text), _with_holes(english[key])) for key, text in _phrases("es") if key in english
    }
    return sorted(found | _catalogue())


def _catalogue() -> set[tuple[str, str]]:
    """Return every message of the Spanish catalogue with its English, what is filled in as {}."""
    with (ROOT / "translations/es/LC_MESSAGES/messages.po").open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    return {
        (_blanked(spanish), _blanked(english))
        for message in messages
        for spanish, english in zip(_forms(message.string), _forms(message.id), strict=True)
    }


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _blanked(text: str) -> str:
    return re.sub(r"%\(\w+\)[sd]|\{[^{}]*\}", "{}", text)


def log_events() -> list[str]:
    """Return the names of the events that the code logs."""
    return sorted(
        {
            node.args[0].value
            for tree in _trees()
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("debug", "info", "warning", "error", "exception", "critical")
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        }
    )


def _phrases(language: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each text that is said or written without a model, with its key; words() has what is recognised."""
    yield from _texts(tomllib.loads((ROOT / f"conversation/phrases/{language}.toml").read_text("utf-8")))


def _texts(value, key=()):
    if isinstance(value, str):
        yield key, value
    elif key[-1:] not in (("recognised",), ("continue_words",)):
        for name, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(below, (*key, name))


@cache
def _trees() -> list[ast.Module]:
    return [ast.parse(file.read_text("utf-8")) for file in _files(ROOT)]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in _NOT_OURS and not path.name.startswith("."):
            yield from _files(path)
        elif path.suffix == ".py":
            yield path


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):  # a text that is a statement of its own documents what stands before it
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _with_holes(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{x}" for part in node.values)
        return _with_holes("".join(map(str, parts)))
    return ""


def _with_holes(text: str) -> str:
    return re.sub(r"%\(\w+\)[sd]|\{[^{}]*\}", "{}", text)


def _paired(es: ast.AST, en: ast.AST, named: dict[str, ast.AST]) -> Iterator[tuple[str, str]]:
    es, en = (named.get(node.id, node) if isinstance(node, ast.Name) else node for node in (es, en))
    if (spanish := _text(es)) and (english := _text(en)):
        yield spanish, english
    elif isinstance(es, ast.Dict) and isinstance(en, ast.Dict):
        english = {ast.dump(key): value for key, value in zip(en.keys, en.values, strict=True) if key}
        for key, value in zip(es.keys, es.values, strict=True):
            if key and ast.dump(key) in english:
                yield from _paired(value, english[ast.dump(key)], named)
    elif isinstance(es, ast.Call) and isinstance(en, ast.Call):
        english = {keyword.arg: keyword.value for keyword in en.keywords}
        for keyword in es.keywords:
            if keyword.arg in english:
                yield from _paired(keyword.value, english[keyword.arg], named)
        for one, other in zip(es.args, en.args, strict=False):
            yield from _paired(one, other, named)
    elif isinstance(es, ast.Tuple | ast.List) and isinstance(en, ast.Tuple | ast.List):
        for one, other in zip(es.elts, en.elts, strict=False):
            yield from _paired(one, other, named)
    elif isinstance(es, ast.IfExp) and isinstance(en, ast.IfExp):
        yield from _paired(es.body, en.body, named)
        yield from _paired(es.orelse, en.orelse, named)
