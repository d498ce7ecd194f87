"""Assistant profiles: name, language, voice, instructions and knowledge of an assistant.

A profile is a TOML file, checked as a whole when it is loaded, so that a mistake prevents the start and never reaches a
caller. docs/assistant.md describes every key.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from conversation.phrases import Briefing, Phrases, briefing_for, phrases_for
from conversation.profiles.campaigns import ContactRules, read_quiet
from conversation.profiles.errors import FileProblem, ProfileError
from conversation.profiles.schema import ProfileFile
from conversation.profiles.validation import first_error, syntax_error
from conversation.speech.voices import DEFAULT_VOICES, voice_language
from settings import ROOT
from translations.system_errors import system_reason

CHANNELS = ("phone", "whatsapp")


@dataclass(frozen=True)
class Faq:
    """An answer of the business's own, and the usual forms of the question."""

    questions: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Profile:
    """An assistant, as its file describes it, with the language's defaults filled in."""

    name: str
    business: str
    language: str
    """BCP 47 with a region ("es-ES"), as passed to Twilio's `<Gather>`."""
    voice: str
    """As Twilio's `<Say>` names it: "Polly.Lucia-Neural"."""
    time_zone: ZoneInfo
    greeting: str
    greeting_outbound: str
    voicemail: str
    instructions: str
    facts: tuple[str, ...]
    faq: tuple[Faq, ...]
    hints: tuple[str, ...]
    """Words that speech recognition should expect: at most 500, of at most 100 characters (Twilio)."""
    phrases: Phrases
    speech_model: str | None = None
    """Twilio's `speechModel`. None leaves it out, and only then may `speechTimeout` be "auto" (13335)."""
    campaigns: ContactRules = field(default_factory=ContactRules)
    """When we may write to people or call them of our own accord."""

    @property
    def voice_language(self) -> str:
        """The language that `<Say>` must name with this voice, which may come from another region."""
        return voice_language(self.voice) or self.language


def load_profile(name_or_path: str, directory: Path = ROOT / "profiles") -> Profile:
    """Load "recepcion.es" from the directory, or a file by its path (one with a slash, or ending in .toml).

    Raises ProfileError.
    """
    path = _path_of(name_or_path, directory)
    text = _read(path, directory)
    try:
        return _profile(ProfileFile.model_validate(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise syntax_error(_shown(path), text, error) from None
    except ValidationError as error:
        raise first_error(_shown(path), text, error) from None


def instructions_for(profile: Profile, *, now: datetime, channel: str, nobody: bool = False) -> str:
    """Return the system message for a conversation on a channel ("phone" or "whatsapp").

    Fixed parts come first and the time last, so that providers can cache the beginning. `now` is aware, in any zone;
    passing the same one throughout a conversation keeps its history cacheable too.
    nobody: no person can be brought in. Raises ValueError for a naive `now` and for an unknown channel.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware: a time without a zone is not a time anywhere")
    briefing = briefing_for(profile.language)
    if channel not in briefing.channels:
        raise ValueError(f"no channel {channel!r}: there are {', '.join(CHANNELS)}")
    return "\n\n".join(
        (
            briefing.identity.format(name=profile.name, business=profile.business, language=profile.language),
            *_knowledge(profile, briefing),
            briefing.rules,
            *([briefing.nobody] if nobody else []),
            briefing.channels[channel],
            _now(now.astimezone(profile.time_zone), profile, briefing),
        )
    )


def _knowledge(profile: Profile, briefing: Briefing) -> Iterator[str]:
    yield f"# {briefing.instructions_title}\n{profile.instructions}"
    if profile.facts:
        yield f"# {briefing.facts_title}\n" + "\n".join(f"- {fact}" for fact in profile.facts)
    if profile.faq:
        entries = (
            f"{briefing.question}: {' / '.join(entry.questions)}\n{briefing.answer}: {entry.answer}"
            for entry in profile.faq
        )
        yield f"# {briefing.faq_title}\n" + "\n".join(entries)


def _now(local: datetime, profile: Profile, briefing: Briefing) -> str:
    date, time = _date(briefing.date, local, briefing), f"{local:%H:%M}"
    # Models count weekdays badly: "next Thursday" is looked up here, not worked out.
    days = [_date(briefing.next_day, local + timedelta(days=n), briefing) for n in range(1, 8)]
    now = briefing.now.format(date=date, time=time, zone=profile.time_zone.key)
    title, _, today = now.partition("\n")
    # The minute last: what stands after it is read anew by a server that remembers the beginning
    return f"{title}\n{briefing.next_days.format(days=', '.join(days))}\n{today}"


def _date(form: str, day: datetime, briefing: Briefing) -> str:
    weekday, month = briefing.weekdays[day.weekday()], briefing.months[day.month - 1]
    return form.format(weekday=weekday, day=day.day, month=month, year=day.year)


def _path_of(name_or_path: str, directory: Path) -> Path:
    if name_or_path.endswith(".toml") or "/" in name_or_path or "\\" in name_or_path:
        return Path(name_or_path).expanduser()
    return directory / f"{name_or_path}.toml"


def _read(path: Path, directory: Path) -> str:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        existing = ", ".join(sorted(file.stem for file in directory.glob("*.toml")))
        raise ProfileError(
            _shown(path), FileProblem.NO_FILE, folder=_shown(directory), existing=existing
        ) from None
    except OSError as error:
        raise ProfileError(_shown(path), FileProblem.UNREADABLE, reason=system_reason(error)) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProfileError(_shown(path), FileProblem.NOT_UTF8, line=line) from None


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _profile(file: ProfileFile) -> Profile:
    def fill(text: str) -> str:
        return text.replace("{business}", file.business).replace("{name}", file.name)

    phrases = _filled(_phrases(file), fill)
    return Profile(
        name=file.name,
        business=file.business,
        language=file.language,
        voice=file.voice or DEFAULT_VOICES[file.language],
        time_zone=ZoneInfo(file.time_zone),
        greeting=fill(file.greeting),
        greeting_outbound=fill(file.greeting_outbound or phrases.greeting_outbound),
        voicemail=fill(file.voicemail or phrases.voicemail),
        instructions=file.instructions,
        facts=tuple(file.facts),
        faq=tuple(Faq(tuple(entry.questions), entry.answer) for entry in file.faq),
        hints=tuple(file.hints),
        phrases=phrases,
        speech_model=file.speech_model,
        campaigns=ContactRules(
            read_quiet(file.campaigns.quiet),
            file.campaigns.weekends,
            frozenset(file.campaigns.holidays),
            file.campaigns.per_week,
        ),
    )


def _phrases(file: ProfileFile) -> Phrases:
    given = {
        name: (get_origin(kind) or kind)(getattr(file.phrases, name))
        for name, kind in get_type_hints(Phrases).items()
        if getattr(file.phrases, name) is not None
    }
    if len(given) == len(fields(Phrases)):
        return Phrases(**given)
    return replace(phrases_for(file.language), **given)


def _filled(phrases: Phrases, fill: Callable[[str], str]) -> Phrases:
    def filled(value: Any) -> Any:
        return fill(value) if isinstance(value, str) else type(value)(map(fill, value))

    return Phrases(**{field.name: filled(getattr(phrases, field.name)) for field in fields(Phrases)})
