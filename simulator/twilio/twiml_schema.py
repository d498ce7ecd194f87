"""Defines TwiML for voice: verbs, their attributes, their children, and the voices."""

import re


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


GATHER = _names(
    "action actionOnEmptyResult bargeIn debug enhanced finishOnKey hints input language maxSpeechTime method"
    " numDigits partialResultCallback partialResultCallbackMethod profanityFilter speechModel speechTimeout"
    " timeout"
)
DIAL = _names(
    "action answerOnBridge callerId callReason hangupOnStar method record recordingStatusCallback"
    " recordingStatusCallbackEvent recordingStatusCallbackMethod recordingTrack referMethod referUrl ringTone"
    " sequential timeLimit timeout trim"
)
NUMBER = _names(
    "amdStatusCallback amdStatusCallbackMethod byoc machineDetection machineDetectionSilenceTimeout"
    " machineDetectionSpeechEndThreshold machineDetectionSpeechThreshold machineDetectionTimeout method"
    " phoneNumberSid sendDigits statusCallback statusCallbackEvent statusCallbackMethod url"
)
RECORD = _names(
    "action finishOnKey maxLength method playBeep recordingStatusCallback recordingStatusCallbackEvent"
    " recordingStatusCallbackMethod timeout transcribe transcribeCallback trim"
)

ATTRIBUTES: dict[str, frozenset[str]] = {
    "Say": frozenset({"voice", "language", "loop"}),
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Gather": GATHER,
    "Redirect": frozenset({"method"}),
    "Dial": DIAL,
    "Record": RECORD,
    "Hangup": frozenset(),
    "Reject": frozenset({"reason"}),
}
"""The supported verbs, with all their attributes."""

NOT_ACTED_OUT = frozenset({"Connect", "Enqueue", "Leave", "Pay", "Prompt", "Refer", "Sms", "Start", "Stop"})
"""Verbs of Twilio's that the simulated phone skips with a warning."""

NESTED: dict[str, frozenset[str]] = {
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Dial": frozenset({"Number", "Client", "Conference", "Queue", "Sim", "Sip", "Application", "WhatsApp"}),
    "Say": frozenset(
        {"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w", "amazon:effect"}
    ),
}
"""The allowed children of each verb; other verbs take only text."""

NESTED_ATTRIBUTES: dict[str, frozenset[str]] = {"Number": NUMBER}

BASIC_VOICES = frozenset({"man", "woman", "alice"})
POLLY_VOICES: dict[str, tuple[str, str, str]] = {  # language: standard, neural, generative
    "es-ES": ("Conchita Enrique Lucia", "Lucia Sergio", "Lucia Sergio"),
    "es-MX": ("Mia", "Mia Andres", "Andres"),
    "es-US": ("Lupe Penelope Miguel", "Lupe Pedro", "Lupe Pedro"),
    "ca-ES": ("", "Arlet", ""),
    "en-US": (
        "Ivy Joanna Joey Justin Kendra Kimberly Matthew Salli",
        "Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli Stephen",
        "Danielle Joanna Matthew Ruth Stephen",
    ),
    "en-GB": ("Amy Brian Emma", "Amy Arthur Brian Emma", "Amy"),
}
_CHIRP = "Aoede|Charon|Fenrir|Kore|Leda|Orus|Puck|Zephyr"
_GOOGLE_VOICE = re.compile(
    r"Google\.(?P<language>es-ES|es-US|en-US|en-GB|ca-ES)-"
    rf"(?:(?:Standard|Wavenet|Neural2)-[A-J]|Chirp3-HD-(?:{_CHIRP}))"
)


def _polly_languages() -> dict[str, str]:
    languages = {}
    for language, kinds in POLLY_VOICES.items():
        for names, suffix in zip(kinds, ("", "-Neural", "-Generative"), strict=True):
            languages.update({f"Polly.{name}{suffix}": language for name in names.split()})
    return languages


_POLLY_LANGUAGES = _polly_languages()


def voice_language(voice: str) -> str | None:
    """Return a voice's language; "" for a basic voice, None for an unknown one."""
    if voice in BASIC_VOICES:
        return ""
    if google := _GOOGLE_VOICE.fullmatch(voice):
        return google["language"]
    return _POLLY_LANGUAGES.get(voice)
