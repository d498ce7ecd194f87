"""Recognises what speech recognition makes of silence: credits of films and videos that it was trained on.

Whisper writes "Subtítulos realizados por la comunidad de Amara.org" for a recording in which nobody speaks
(https://github.com/openai/whisper/discussions/928).
"""

import re

_WHO = r"(?:[^.!?\n]|\.(?=\w)){1,60}"
_SITE = r"[^.!?\n]{0,40}\b\w+\.(?:org|com|net|ai)\b[^.!?\n]{0,20}"
_SUBTITLES = r"(?:subt[ií]tul(?:os?|ad[oa]s?)|transcripci[oó]n|traducci[oó]n)"
_CREDITS = (
    # Spanish
    rf"{_SUBTITLES} (?:y \w+ )?(?:realizad|cread|hech)[oa]s? por {_WHO}",
    rf"{_SUBTITLES} (?:por la comunidad {_WHO}|{_SITE})",
    r"[¡!]*(?:muchas )?gracias por (?:ver|haber visto|mirar)(?: (?:el|este|nuestro) v[ií]deo)?",
    r"[¡!]*(?:no (?:te )?olvides? (?:de )?)?suscr[ií]b(?:ete|irte|anse|ase)(?: (?:al|a mi|a nuestro) canal)?",
    r"m[aá]s informaci[oó]n (?:en )?www\.[\w.]+",
    # English
    rf"(?:subtitle[sd]|caption(?:s|ed)|transcribed|transcript(?:ion)?|translat(?:ed|ion))(?: provided)? by {_WHO}",
    r"(?:thanks|thank you)(?: (?:so|very) much)? for (?:watching|viewing)(?: (?:the|this|my|our) video)?",
    r"(?:please |don'?t forget to )?(?:like and )?subscribe(?: to (?:my|our|the) channel)?",
    # Portuguese
    rf"(?:transcri[cç][aã]o e )?legendas? (?:(?:pela comunidade|por) {_WHO}|{_SITE})",
    r"(?:transcri[cç][aã]o e )?legendas? (?!em |de |do |da |no |na |para )\w+ \w+",
    r"(?:muito )?obrigad[oa] por (?:assistir|ter assistido)(?: (?:ao|este) v[ií]deo)?",
    r"(?:n[aã]o (?:se )?esque[cç]am? de )?(?:se )?inscrev(?:a|am|er)(?:-se)?(?: no (?:meu |nosso )?canal)?",
    # What is heard in place of words
    r"[\[(*](?:m[uú]sica|music|silen[ct](?:e|io)|sil[eê]ncio|aplausos|applause|blank_audio|inaudible|inaud[ií]vel)[\])*]",
)
_CREDIT_AT_END = re.compile(rf"(?:\A|(?<=[.!?…\n]))\s*(?:{'|'.join(_CREDITS)})[\s.!¡…]*\Z", re.IGNORECASE)


def spoken_words(transcript: str) -> str:
    """Return a transcript without credits at its end; "" if nothing else is in it but punctuation."""
    words = transcript.strip()
    while credit := _CREDIT_AT_END.search(words):
        words = words[: credit.start()].rstrip()
    return words if any(character.isalnum() for character in words) else ""
