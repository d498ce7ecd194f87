"""Assistant profiles: who speaks, in which language and voice, what it says and what it knows.

A profile is a TOML file, checked whole when it is loaded, so that a mistake in it stops the start and
never reaches a caller. docs/assistant.md describes every key.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_origin, get_type_hints
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from conversation.phrases import Briefing, Phrases, briefing_for, phrases_for
from settings import ROOT

CHANNELS = ("phone", "whatsapp")
KNOWLEDGE_LIMIT = 40_000
"""Characters of instructions, facts and FAQ together: some 10,000 tokens, which every turn sends again."""


class ProfileError(ValueError):
    """A profile that cannot be used. The message is one sentence: file, line, what is wrong, what to do."""


@dataclass(frozen=True)
class Faq:
    """An answer of the business's own, and the ways in which people ask for it."""

    questions: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Profile:
    """An assistant, as its file describes it, with the language's defaults filled in."""

    name: str
    business: str
    language: str
    """BCP 47 with a region ("es-ES"): what Twilio's `<Gather>` is told."""
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

    @property
    def voice_language(self) -> str:
        """The language that `<Say>` must name beside this voice: another region's voice may speak."""
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
        raise ProfileError(f"{_shown(path)}:{_syntax_problem(text, error)}") from None
    except ValidationError as error:
        raise ProfileError(f"{_shown(path)}:{_problem(text, error)}") from None


def instructions_for(profile: Profile, *, now: datetime, channel: str) -> str:
    """Return the system message for a conversation on a channel ("phone" or "whatsapp").

    What never changes comes first and the time last, so that providers can cache the beginning. `now` is
    aware, in any zone; passing the same one through a conversation keeps its history cacheable too.
    Raises ValueError for a naive `now` and for an unknown channel.
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
    return f"{now}\n{briefing.next_days.format(days=', '.join(days))}"


def _date(form: str, day: datetime, briefing: Briefing) -> str:
    weekday, month = briefing.weekdays[day.weekday()], briefing.months[day.month - 1]
    return form.format(weekday=weekday, day=day.day, month=month, year=day.year)


# The file


def _path_of(name_or_path: str, directory: Path) -> Path:
    if name_or_path.endswith(".toml") or "/" in name_or_path or "\\" in name_or_path:
        return Path(name_or_path).expanduser()
    return directory / f"{name_or_path}.toml"


def _read(path: Path, directory: Path) -> str:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        existing = ", ".join(sorted(file.stem for file in directory.glob("*.toml"))) or "none"
        raise ProfileError(
            f"{_shown(path)} does not exist: name one of those in {_shown(directory)}/ ({existing}), "
            "or give the path of a file."
        ) from None
    except OSError as error:
        raise ProfileError(
            f"{_shown(path)} cannot be read ({error.strerror}): check its permissions."
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProfileError(
            f"{_shown(path)}:{line}: this line is not UTF-8: save the file as UTF-8."
        ) from None


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _profile(file: "ProfileFile") -> Profile:
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
    )


def _phrases(file: "ProfileFile") -> Phrases:
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


# What the file may hold


def _one_line(text: Any) -> Any:
    return " ".join(text.split()) if isinstance(text, str) else text


def _stripped(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


def _spoken(text: str) -> str:
    if re.search(r"[{}]", re.sub(r"\{(business|name)\}", "", text)):
        raise ValueError("has a brace that would be read aloud: only {business} and {name} are filled in")
    return text


def _hint(text: str) -> str:
    if "," in text:
        raise ValueError("has a comma, at which Twilio would cut it: make it two entries")
    return text


_OneLine = BeforeValidator(_one_line)
_Hint = Annotated[str, Field(min_length=1, max_length=100), _OneLine, AfterValidator(_hint)]
_Word = Annotated[str, Field(min_length=1, max_length=100), _OneLine]
_Sentence = Annotated[str, Field(min_length=1, max_length=300), _OneLine]
_Paragraph = Annotated[str, Field(min_length=1, max_length=1000), _OneLine]
_Spoken = Annotated[_Paragraph, AfterValidator(_spoken)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FaqTable(_Table):
    """A `[[faq]]` of the file."""

    questions: list[_Sentence] = Field(min_length=1, max_length=20)
    answer: _Paragraph


_PHRASE_KINDS: dict[Any, Any] = {
    str: _Spoken,
    tuple[str, ...]: Annotated[list[_Spoken], Field(min_length=2, max_length=20)],
    tuple[str, str]: Annotated[list[_Spoken], Field(min_length=2, max_length=2)],
    frozenset[str]: Annotated[list[_Word], Field(max_length=500)],
}

if TYPE_CHECKING:
    PhrasesTable = _Table
else:
    PhrasesTable = create_model(
        "PhrasesTable",
        __base__=_Table,
        __doc__="The `[phrases]` of the file: the fields of Phrases, none of them required.",
        **{name: (_PHRASE_KINDS[kind] | None, None) for name, kind in get_type_hints(Phrases).items()},
    )


class ProfileFile(_Table):
    """A profile's file, key by key. The order matters: `language` is checked before what depends on it."""

    name: _Word
    business: _Word
    language: str
    voice: Annotated[str | None, Field(validate_default=True)] = None
    time_zone: str
    greeting: _Spoken
    greeting_outbound: _Spoken | None = None
    voicemail: _Spoken | None = None
    instructions: Annotated[str, Field(min_length=1, max_length=8000), BeforeValidator(_stripped)]
    facts: list[_Sentence] = Field(default_factory=list, max_length=300)
    faq: list[FaqTable] = Field(default_factory=list, max_length=300)
    hints: list[_Hint] = Field(default_factory=list, max_length=500)
    speech_model: str | None = None
    phrases: Annotated[PhrasesTable, Field(validate_default=True)] = PhrasesTable()

    @field_validator("language")
    @classmethod
    def _language(cls, tag: str) -> str:
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|\d{3})", tag):
            raise ValueError(
                'must be a language with its region, such as "es-ES", "es-MX" or "en-US", in these cases'
            )
        return tag

    @field_validator("voice")
    @classmethod
    def _voice(cls, voice: str | None, info: ValidationInfo) -> str | None:
        language = info.data.get("language")
        if voice is None and language and language not in DEFAULT_VOICES:
            raise ValueError(
                f"is missing: {language} has no default voice, so give one that Twilio has for it"
            )
        if voice is not None:
            _check_voice(voice, language)
        return voice

    @field_validator("time_zone")
    @classmethod
    def _time_zone(cls, name: str) -> str:
        if name not in (zones := available_timezones()):
            cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones) if "/" in zone}
            city = _nearest(name.rpartition("/")[2].lower().replace(" ", "_"), cities, 0.75)
            raise ValueError(
                f'must be a time zone of the IANA list, such as "{cities[city] if city else "Europe/Madrid"}"'
            )
        return name

    @field_validator("speech_model")
    @classmethod
    def _speech_model(cls, model: str | None, info: ValidationInfo) -> str | None:
        if model is None:
            return None
        if not _SPEECH_MODEL.fullmatch(model):
            raise ValueError(
                "must be a speechModel of Twilio's <Gather>: leave it out to have the default one"
            )
        language = info.data.get("language", "")
        partly = model.startswith(("phone_call", "experimental"))
        if partly and language.startswith("es-") and language not in ("es-ES", "es-US"):
            raise ValueError(f"does not know {language}: leave it out, or use deepgram_nova-3")
        return model

    @field_validator("phrases")
    @classmethod
    def _complete(cls, phrases: PhrasesTable, info: ValidationInfo) -> PhrasesTable:
        try:
            phrases_for(info.data.get("language", "en"))
        except ValueError as error:
            if missing := [name for name, value in phrases if value is None]:
                names, reason = ", ".join(missing), str(error).partition(":")[0]
                raise ValueError(f"must have all of its keys, for {reason}: add {names}") from None
        return phrases

    @model_validator(mode="after")
    def _affordable(self) -> "ProfileFile":
        asked = (len(text) for entry in self.faq for text in (*entry.questions, entry.answer))
        total = len(self.instructions) + sum(map(len, self.facts)) + sum(asked)
        if total > KNOWLEDGE_LIMIT:
            raise ValueError(
                f"instructions, facts and FAQ have {total} characters, which every turn would send again: "
                f"shorten them to {KNOWLEDGE_LIMIT}"
            )
        return self


_SPEECH_MODEL = re.compile(
    r"default|numbers_and_commands|phone_call|experimental_(conversations|utterances)"
    r"|googlev2_(long|short|telephony|telephony_short)|deepgram_nova-[23](-[a-z]+)?"
)


# Voices

DEFAULT_VOICES = {
    "es-ES": "Polly.Lucia-Neural",
    "es-MX": "Polly.Mia-Neural",
    "es-US": "Polly.Lupe-Neural",
    "en-US": "Polly.Joanna-Neural",
    "en-GB": "Polly.Amy-Neural",
}
_SPANISH_VOICES = {
    "es-ES": "Conchita Enrique Lucia Lucia-Neural Lucia-Generative Sergio-Neural Sergio-Generative",
    "es-MX": "Mia Mia-Neural Andres-Neural Andres-Generative",
    "es-US": "Lupe Lupe-Neural Lupe-Generative Penelope Miguel Pedro-Neural Pedro-Generative",
}
"""All of Polly's that Twilio's library lists. Other languages' are known by their speaker alone."""
_SPEAKERS = {
    speaker.partition("-")[0]: language
    for language, speakers in (
        *_SPANISH_VOICES.items(),
        ("en-US", "Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli Stephen"),
        ("en-GB", "Amy Arthur Brian Emma"),
    )
    for speaker in speakers.split()
}
_VOICE = re.compile(
    r"man|woman|alice|Polly\.(?P<speaker>[A-Z][A-Za-z]+)(-Neural|-Generative)?"
    r"|Google\.(?P<language>[a-z]{2,3}-[A-Z]{2})(-[A-Za-z0-9]+)+"
)


def voice_language(voice: str) -> str | None:
    """Return the language that a voice speaks; None for `man`, `woman`, `alice` and speakers not known."""
    found = _VOICE.fullmatch(voice)
    return (found["language"] or _SPEAKERS.get(found["speaker"])) if found else None


def _check_voice(voice: str, language: str | None) -> None:
    listed = [f"Polly.{name}" for names in _SPANISH_VOICES.values() for name in names.split()]
    found = _VOICE.fullmatch(voice)
    if not found:
        near = _nearest(voice, [*DEFAULT_VOICES.values(), *listed]) or "Polly.Lucia-Neural"
        raise ValueError(
            f'must be a voice of Twilio\'s, such as "{near}", "Google.es-ES-Neural2-A" or "alice"'
        )
    spoken, speaker = voice_language(voice), found["speaker"]
    if spoken and language and spoken.partition("-")[0] != language.partition("-")[0]:
        raise ValueError(
            f"speaks {spoken} but the profile's language is {language}: choose a voice of that one"
        )
    if speaker in _SPEAKERS and _SPEAKERS[speaker] in _SPANISH_VOICES and voice not in listed:
        there = ", ".join(name for name in listed if name.partition("-")[0] == f"Polly.{speaker}")
        raise ValueError(f"is no voice of Twilio's: that speaker is there as {there}")
    if (found["language"] or "").startswith("es-") and found["language"] not in ("es-ES", "es-US"):
        raise ValueError(
            "is no voice of Twilio's: Google's Spanish ones begin with Google.es-ES or Google.es-US"
        )
    if speaker and speaker not in _SPEAKERS and (meant := _nearest(speaker, _SPEAKERS, 0.85)):
        raise ValueError(f"is not known: write {meant} if that is the speaker you mean")


# What is wrong, and where


def _syntax_problem(text: str, error: tomllib.TOMLDecodeError) -> str:
    what, _, place = str(error).partition(" (at ")
    line = re.match(r"line (\d+)", place)
    # "At end of document" is of no use: what was left open began where the last statement did.
    number = int(line[1]) if line else [start for start, _ in _statements(text)][-1]
    return f"{number}: this is not TOML ({what}): check the quotes, brackets and = from this line on."


def _problem(text: str, error: ValidationError) -> str:
    places = _places(text)

    def rank(details: ErrorDetails) -> tuple[bool, int]:
        # A misspelt key is also a missing one; the first is the one to be told of.
        return details["type"] != "extra_forbidden", _line(details["loc"], places)

    first = min(error.errors(include_url=False), key=rank)
    return f"{_line(first['loc'], places)}: {_sentence(first)}."


def _line(loc: tuple[int | str, ...], places: dict[tuple[int | str, ...], int]) -> int:
    """Return the line of a key, or of the table that lacks it."""
    return next((places[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in places), 1)


def _sentence(details: ErrorDetails) -> str:
    loc = details["loc"]
    *table, key = [part for part in loc if isinstance(part, str)] or [""]
    if details["type"] == "extra_forbidden":
        return _unknown(key, table)
    if not key:
        return _what(details, key)
    return f'{"an entry of " if isinstance(loc[-1], int) else ""}"{key}" {_what(details, key)}'


def _what(details: ErrorDetails, key: str) -> str:
    if details["type"] == "list_type" and isinstance(details["input"], dict):
        return f"must be written with double brackets, [[{key}]]"
    if sentence := _SENTENCES.get(details["type"]):
        return sentence.format_map({"key": key, **details.get("ctx", {})})
    return details["msg"].removeprefix("Value error, ")


_SENTENCES = {
    "missing": "is missing: add a line with {key} =",
    "string_type": 'must be text in quotes, such as "text"',
    "list_type": 'must be a list, such as ["one", "two"]',
    "model_type": "must be a table, written [{key}] or [[{key}]] on a line of its own",
    "string_too_short": "is empty: write something there or remove it",
    "string_too_long": "is too long: {max_length} characters are the limit, so shorten it",
    "too_short": "has {actual_length} entries and needs {min_length}: add some",
    "too_long": "has {actual_length} entries: {max_length} are the limit, so remove some",
}


_TABLES: dict[str, type[_Table]] = {"": ProfileFile, "faq": FaqTable, "phrases": PhrasesTable}


def _unknown(key: str, table: list[str]) -> str:
    own = _TABLES[table[0] if table else ""].model_fields
    if near := _nearest(key, own):
        return f'"{key}" is not known here: write "{near}" if that is what it means'
    if table and key in ProfileFile.model_fields:
        return f'"{key}" cannot stand under [{table[0]}]: move it above the first line that begins with ['
    if not table and key in PhrasesTable.model_fields:
        return f'"{key}" belongs further down, under a line [phrases]: move it there'
    return f'"{key}" is not known here: remove it, or use one of {", ".join(own)}'


def _nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    return next(iter(get_close_matches(word, list(known), 1, cutoff)), None)


def _places(text: str) -> dict[tuple[int | str, ...], int]:
    """Return the line of each key, table and list entry: tomllib tells none of them."""
    places: dict[tuple[int | str, ...], int] = {}
    base: tuple[int | str, ...] = ()
    entries: dict[tuple[int | str, ...], int] = {}
    for start, statement in _statements(text):
        if statement.lstrip().startswith("["):
            base = _header(_parsed(statement) or {}, entries)
            places.update({base[:n]: start for n in range(len(base), 0, -1) if base[:n] not in places})
            continue
        for number, path in _paths_by_line(statement, start):
            places.setdefault(base + path, number)
    return places


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with its first line: the fewest lines that are TOML by themselves."""
    start, pending = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        pending += line + "\n"
        if _parsed(pending) is not None:
            yield start, pending
            start, pending = number + 1, ""
    if pending:
        yield start, pending


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _header(parsed: Any, entries: dict[tuple[int | str, ...], int]) -> tuple[int | str, ...]:
    """Return where a [table] or [[table]] stands, and count the [[table]] in `entries`."""
    path: tuple[int | str, ...] = ()
    while parsed:
        key, parsed = next(iter(parsed.items()))
        path = (*path, key)
        if isinstance(parsed, list):
            entries[path] = entries.get(path, -1) + 1
            parsed = parsed[0]
        if path in entries:
            path = (*path, entries[path])
    return path


def _paths_by_line(statement: str, start: int) -> Iterator[tuple[int, tuple[int | str, ...]]]:
    lines = statement.rstrip("\n").split("\n")
    for n in range(len(lines)):
        # A list that goes over lines is closed after each, to see which entry begins there.
        for path in _paths(_parsed("\n".join(lines[: n + 1]) + "\n]") or {}):
            yield start + n, path
    for path in _paths(_parsed(statement) or {}):
        yield start, path


def _paths(value: Any) -> Iterator[tuple[int | str, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (key,)
        yield from ((key, *path) for path in _paths(child))
