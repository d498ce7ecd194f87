"""Writes every TwiML document of a call.

Source: https://www.twilio.com/docs/voice/twiml. URLs in it carry Twilio's connection overrides
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides), so that Twilio repeats a request
if the process serving it dies; repeating one is harmless here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from conversation.speech.chunks import say_chunks
from conversation.speech.text_for_tts import speakable

OVERRIDES = "#ct=2000&rt=6000&rc=2&rp=ct,rt,5xx"
LISTEN_S = 5
MESSAGE_PAUSE_S = 3
RING_S = 25
HINTS_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Voice:
    """A profile's voice, and the languages and hints for speech recognition."""

    voice: str
    voice_language: str
    """The voice's own: a profile may speak with the voice of a neighbouring region."""
    language: str = ""
    hints: str = ""
    speech_model: str | None = None


def hints_that_fit(hints: Sequence[str]) -> str:
    """Return the first of these hints that leave a document below the 64 KB that Twilio takes, as one attribute."""
    kept, room = [], HINTS_BYTES
    for hint in hints:
        room -= len(escape(hint, {'"': "&quot;"}).encode()) + 1
        if room < 0:
            break
        kept.append(hint)
    return ",".join(kept)


def gather(voice: Voice, words: Sequence[str], action: str) -> str:
    """Speak, and listen during and after it; the action is requested even if nothing is heard."""
    response = VoiceResponse()
    response.append(_gather(voice, words, action, action_on_empty_result=True, timeout=LISTEN_S))
    return str(response)


def gather_message(voice: Voice, words: Sequence[str], action: str) -> str:
    """Speak, then listen to a caller who may pause to think, or to an answering machine."""
    response = VoiceResponse()
    gathering = _gather(
        voice,
        words,
        action,
        action_on_empty_result=True,
        timeout=LISTEN_S,
        speech_timeout=str(MESSAGE_PAUSE_S),
    )
    response.append(gathering)
    return str(response)


def filler(voice: Voice, words: str, action: str, then: str) -> str:
    """Say that it takes a moment, listen for a second, and go on at `then` if nothing is heard."""
    response = VoiceResponse()
    response.append(_gather(voice, [words], action, timeout=1))
    response.redirect(then + OVERRIDES, method="POST")
    return str(response)


def say_and_go_on(voice: Voice, words: Sequence[str], then: str) -> str:
    """Speak, then ask `then` for the rest."""
    response = VoiceResponse()
    _say(response, voice, words)
    response.redirect(then + OVERRIDES, method="POST")
    return str(response)


def say_and_hang_up(voice: Voice, words: Sequence[str]) -> str:
    """Speak, then end the call."""
    response = VoiceResponse()
    _say(response, voice, words)
    response.hangup()
    return str(response)


def leave_message(voice: Voice, words: Sequence[str]) -> str:
    """Speak to an answering machine after its beep, and hang up."""
    response = VoiceResponse()
    response.pause(length=1)  # the beep is heard as it begins
    _say(response, voice, words)
    response.hangup()
    return str(response)


def hang_up() -> str:
    """End the call without a word."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def transfer(
    voice: Voice, words: Sequence[str], number: str, action: str, caller_id: str | None = None
) -> str:
    """Speak, then ring a person; the action is requested with the outcome."""
    response = VoiceResponse()
    _say(response, voice, words)
    dial = Dial(action=action + OVERRIDES, method="POST", timeout=RING_S, caller_id=caller_id)
    dial.number(number)
    response.append(dial)
    return str(response)


def refuse() -> str:
    """Leave a call unanswered, as if the line were busy."""
    response = VoiceResponse()
    response.reject(reason="busy")
    return str(response)


def nothing() -> str:
    """The answer to a status callback."""
    return str(VoiceResponse())


def message(text: str, *, voice: str, language: str) -> str:
    """Return a document that speaks one message and hangs up: for calls placed with inline TwiML."""
    return say_and_hang_up(Voice(voice, language), [text])


def _gather(voice: Voice, words: Sequence[str], action: str, **more: object) -> Gather:
    # speechTimeout="auto" goes with Twilio's default models alone: with one that is named it must be a number
    listening = {"speech_timeout": "auto" if voice.speech_model is None else "2", **more}
    gathering = Gather(
        input="dtmf speech",
        action=action + OVERRIDES,
        method="POST",
        language=voice.language,
        hints=voice.hints or None,
        speech_model=voice.speech_model,
        barge_in=True,
        **listening,
    )
    _say(gathering, voice, words)
    return gathering


def _say(verb: Any, voice: Voice, words: Sequence[str]) -> None:
    spoken = " ".join(filter(None, (speakable(piece, voice.voice_language) for piece in words)))
    for chunk in say_chunks(spoken):
        verb.say(chunk, voice=voice.voice, language=voice.voice_language)
