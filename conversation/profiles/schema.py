"""The schema of a profile's file."""

import re
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from common.time_zones import zone_names
from conversation.phrases import Phrases, catalogues, language_of
from conversation.profiles.campaigns import read_quiet
from conversation.profiles.errors import ValueProblem, refused
from conversation.speech.voices import DEFAULT_VOICES, VoiceError, check_voice

KNOWLEDGE_LIMIT = 40_000
"""Characters of instructions, facts and FAQ together: some 10,000 tokens, sent with every turn."""

_SPEECH_MODEL = re.compile(
    r"default|numbers_and_commands|phone_call|experimental_(conversations|utterances)"
    r"|googlev2_(long|short|telephony|telephony_short)|deepgram_nova-[23](-[a-z]+)?"
)


def _one_line(text: Any) -> Any:
    return " ".join(text.split()) if isinstance(text, str) else text


def _stripped(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


def _spoken(text: str) -> str:
    if re.search(r"[{}]", re.sub(r"\{(business|name)\}", "", text)):
        raise refused(ValueProblem.BRACE)
    return text


def _hint(text: str) -> str:
    if "," in text:
        raise refused(ValueProblem.COMMA)
    return text


def _quiet(text: str) -> str:
    try:
        read_quiet(text)
    except ValueError:
        raise refused(ValueProblem.QUIET) from None
    return text


def _holiday(day: Any) -> date:
    try:
        if isinstance(day, date) and not isinstance(day, datetime):
            return day
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise refused(ValueProblem.HOLIDAY) from None


_OneLine = BeforeValidator(_one_line)
_Hint = Annotated[str, Field(min_length=1, max_length=100), _OneLine, AfterValidator(_hint)]
_Word = Annotated[str, Field(min_length=1, max_length=100), _OneLine]
_Sentence = Annotated[str, Field(min_length=1, max_length=300), _OneLine]
_Paragraph = Annotated[str, Field(min_length=1, max_length=1000), _OneLine]
_Spoken = Annotated[_Paragraph, AfterValidator(_spoken)]


class Table(BaseModel):
    """A table of the file: unknown keys are refused, and each key has exactly its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FaqTable(Table):
    """A `[[faq]]` of the file."""

    questions: list[_Sentence] = Field(min_length=1, max_length=20)
    answer: _Paragraph


class CampaignsTable(Table):
    """The `[campaigns]` of the file."""

    quiet: Annotated[str, AfterValidator(_quiet)] = "21:00-09:00"
    weekends: bool = False
    holidays: list[Annotated[date, PlainValidator(_holiday)]] = Field(default_factory=list, max_length=366)
    per_week: int | None = Field(default=None, ge=1)


_PHRASE_KINDS: dict[Any, Any] = {
    str: _Spoken,
    tuple[str, ...]: Annotated[list[_Spoken], Field(min_length=2, max_length=20)],
    tuple[str, str]: Annotated[list[_Spoken], Field(min_length=2, max_length=2)],
    frozenset[str]: Annotated[list[_Word], Field(max_length=500)],
}

if TYPE_CHECKING:
    PhrasesTable = Table
else:
    PhrasesTable = create_model(
        "PhrasesTable",
        __base__=Table,
        __doc__="The `[phrases]` of the file: the fields of Phrases, none of them required.",
        **{name: (_PHRASE_KINDS[kind] | None, None) for name, kind in get_type_hints(Phrases).items()},
    )


class ProfileFile(Table):
    """A profile's file. Order matters: `language` is checked before the keys that depend on it."""

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
    campaigns: CampaignsTable = CampaignsTable()
    phrases: Annotated[PhrasesTable, Field(validate_default=True)] = PhrasesTable()

    @field_validator("language")
    @classmethod
    def _language(cls, tag: str) -> str:
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|\d{3})", tag):
            raise refused(ValueProblem.LANGUAGE)
        return tag

    @field_validator("voice")
    @classmethod
    def _voice(cls, voice: str | None, info: ValidationInfo) -> str | None:
        language = info.data.get("language")
        if voice is None and language and language not in DEFAULT_VOICES:
            raise refused(ValueProblem.NO_DEFAULT_VOICE, language=language)
        if voice is not None:
            try:
                check_voice(voice, language)
            except VoiceError as error:
                raise refused(error.problem, **error.values) from None
        return voice

    @field_validator("time_zone")
    @classmethod
    def _time_zone(cls, name: str) -> str:
        if name not in (zones := zone_names()):
            cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones) if "/" in zone}
            near = get_close_matches(name.rpartition("/")[2].lower().replace(" ", "_"), cities, 1, 0.75)
            raise refused(ValueProblem.TIME_ZONE, near=cities[near[0]] if near else "Europe/Madrid")
        return name

    @field_validator("speech_model")
    @classmethod
    def _speech_model(cls, model: str | None, info: ValidationInfo) -> str | None:
        if model is None:
            return None
        if not _SPEECH_MODEL.fullmatch(model):
            raise refused(ValueProblem.SPEECH_MODEL)
        language = info.data.get("language", "")
        partly = model.startswith(("phone_call", "experimental"))
        if partly and language.startswith("es-") and language not in ("es-ES", "es-US"):
            raise refused(ValueProblem.SPEECH_MODEL_LANGUAGE, language=language)
        return model

    @field_validator("phrases")
    @classmethod
    def _complete(cls, phrases: PhrasesTable, info: ValidationInfo) -> PhrasesTable:
        language = info.data.get("language", "en")
        missing = [name for name, value in phrases if value is None]
        if missing and language_of(language) not in catalogues():
            raise refused(ValueProblem.NO_PHRASES, language=language, missing=", ".join(missing))
        return phrases

    @model_validator(mode="after")
    def _affordable(self) -> "ProfileFile":
        asked = (len(text) for entry in self.faq for text in (*entry.questions, entry.answer))
        total = len(self.instructions) + sum(map(len, self.facts)) + sum(asked)
        if total > KNOWLEDGE_LIMIT:
            raise refused(ValueProblem.TOO_MUCH, total=total, limit=KNOWLEDGE_LIMIT)
        return self
