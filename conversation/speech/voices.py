"""The voices of Twilio's `<Say>`, and the checks on a chosen one."""

import re
from difflib import get_close_matches

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


def voice_language(voice: str) -> str | None:
    """Return the language of a voice; None for `man`, `woman`, `alice` and unknown speakers."""
    found = _VOICE.fullmatch(voice)
    return (found["language"] or _SPEAKERS.get(found["speaker"])) if found else None


def check_voice(voice: str, language: str | None) -> None:
    """Raise ValueError, with the reason, if the voice does not suit the language (BCP 47; None: any)."""
    listed = [f"Polly.{name}" for names in _SPANISH_VOICES.values() for name in names.split()]
    found = _VOICE.fullmatch(voice)
    if not found:
        near = get_close_matches(voice, [*DEFAULT_VOICES.values(), *listed], 1) or ["Polly.Lucia-Neural"]
        raise ValueError(
            f'must be a voice of Twilio\'s, such as "{near[0]}", "Google.es-ES-Neural2-A" or "alice"'
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
    if speaker and speaker not in _SPEAKERS and (meant := get_close_matches(speaker, _SPEAKERS, 1, 0.85)):
        raise ValueError(f"is not known: write {meant[0]} if that is the speaker you mean")
