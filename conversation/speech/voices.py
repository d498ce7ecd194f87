"""The voices of Twilio's `<Say>`, and the checks on a chosen one."""

import re
from difflib import get_close_matches
from enum import StrEnum

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
"""All Polly voices listed in Twilio's library. Voices of other languages are known by their speaker alone."""
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


class VoiceProblem(StrEnum):
    """The reasons for which a voice cannot be used."""

    UNKNOWN = "voice_unknown"
    OTHER_LANGUAGE = "voice_of_other_language"
    OTHER_ENGINE = "voice_of_other_engine"
    GOOGLE_REGION = "voice_of_other_google_region"
    MISSPELT = "voice_misspelt"


class VoiceError(ValueError):
    """A voice cannot be used. values: what may be meant, the languages."""

    def __init__(self, problem: VoiceProblem, **values: str) -> None:
        super().__init__(problem.value)
        self.problem, self.values = problem, values


def voice_language(voice: str) -> str | None:
    """Return the language of a voice; None for `man`, `woman`, `alice` and unknown speakers."""
    found = _VOICE.fullmatch(voice)
    return (found["language"] or _SPEAKERS.get(found["speaker"])) if found else None


def check_voice(voice: str, language: str | None) -> None:
    """Raise VoiceError if the voice does not suit the language (BCP 47; None: any)."""
    listed = [f"Polly.{name}" for names in _SPANISH_VOICES.values() for name in names.split()]
    found = _VOICE.fullmatch(voice)
    if not found:
        near = get_close_matches(voice, [*DEFAULT_VOICES.values(), *listed], 1) or ["Polly.Lucia-Neural"]
        raise VoiceError(VoiceProblem.UNKNOWN, near=near[0])
    spoken, speaker = voice_language(voice), found["speaker"]
    if spoken and language and spoken.partition("-")[0] != language.partition("-")[0]:
        raise VoiceError(VoiceProblem.OTHER_LANGUAGE, spoken=spoken, language=language)
    if speaker in _SPEAKERS and _SPEAKERS[speaker] in _SPANISH_VOICES and voice not in listed:
        there = ", ".join(name for name in listed if name.partition("-")[0] == f"Polly.{speaker}")
        raise VoiceError(VoiceProblem.OTHER_ENGINE, there=there)
    if (found["language"] or "").startswith("es-") and found["language"] not in ("es-ES", "es-US"):
        raise VoiceError(VoiceProblem.GOOGLE_REGION)
    if speaker and speaker not in _SPEAKERS and (meant := get_close_matches(speaker, _SPEAKERS, 1, 0.85)):
        raise VoiceError(VoiceProblem.MISSPELT, near=meant[0])
