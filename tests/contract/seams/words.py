"""The words that people hear and read, and what the model is told."""

import subprocess
from dataclasses import asdict

from conversation.intents import pattern_of
from conversation.phrases import catalogues
from conversation.profiles.profile import instructions_for, load_profile
from conversation.tools.runner import phone_tools, whatsapp_tools
from integrations.dialog360 import error_codes as dialog360_codes
from integrations.offline.phrases import Patterns
from integrations.twilio import error_codes
from launch.texts import TEXTS as LAUNCH
from messaging import opt_out
from observability.disabled_features import what_is_off
from people.handoff import notices
from people.helpdesk.phrases import helpdesk_phrases
from settings import ROOT, load_settings
from simulator.terminal.phone_phrases import PHRASES as PHONE_WORDS
from simulator.terminal.whatsapp_phrases import PHRASES as WHATSAPP_WORDS
from tests.contract.seams import LANGUAGES, NOON
from translations import in_language


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
        chatwoot_url="https://chatwoot.example", chatwoot_inbox_id="x", openai_base_url="https://models.example/llm",
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
    customers = catalogues()["en"].customers
    sets = {
        "phone, can transfer": phone_tools(can_transfer=True),
        "phone, nobody": phone_tools(can_transfer=False),
        "phone, nobody is told": phone_tools(can_transfer=False, reaches_people=False),
        "whatsapp": whatsapp_tools(customers),
        "whatsapp, nobody is told": whatsapp_tools(customers, reaches_people=False),
    }
    return {name: [asdict(tool.spec) for tool in offered] for name, offered in sets.items()}
