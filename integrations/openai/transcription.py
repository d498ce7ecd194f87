"""Transcribes voice notes with OpenAI's API or compatible servers.

Follows https://developers.openai.com/api/docs/guides/speech-to-text.
"""

import time
from typing import Any

import openai

from integrations.errors import IntegrationError
from integrations.http.deadline_sockets import CancelScope
from integrations.openai.client import OpenAIClient, integration_errors
from integrations.openai.silence import spoken_words

__all__ = ["UNSUPPORTED", "OpenAITranscriber"]

UNSUPPORTED = "unsupported_audio"

_NAMES = {
    "audio/ogg": "nota.ogg",
    "audio/mpeg": "nota.mp3",
    "audio/mp4": "nota.m4a",
    "audio/wav": "nota.wav",
    "audio/flac": "nota.flac",
    "audio/webm": "nota.webm",
    "video/mp4": "nota.mp4",
    "video/webm": "nota.webm",
}
"""Media types accepted by OpenAI, each with a file name of a known extension. Not AMR, 3GP, bare AAC."""

_LANGUAGES_PLURAL = "gpt-transcribe"
"""Models with this prefix take `languages`, and ignore the `language` of earlier models without an error."""

_RETRY_PAUSE_S = 0.3
_CONNECTIONS = 20


class OpenAITranscriber:
    """A speech-to-text model. Thread-safe.

    model, api_key, base_url: as for OpenAIModel. total_s: seconds for the whole transcription, a retry included.
    """

    def __init__(self, model: str, *, api_key: str | None, base_url: str | None, total_s: float = 30) -> None:
        if not api_key and not base_url:
            raise ValueError("an api_key, a base_url or both are needed")
        self._client = OpenAIClient(api_key=api_key, base_url=base_url, connections=_CONNECTIONS)
        self._model = model
        self._total_s = total_s

    def transcribe(self, content: bytes, *, media_type: str, language: str | None) -> str:
        """Return the words of a recording; "" for silence, and for what a model makes of it. Raises IntegrationError.

        media_type: with or without its parameters. A type not accepted by OpenAI is refused here, with code
        UNSUPPORTED.
        language: a hint, "es" or "es-ES"; left out for a server that refuses it.
        """
        kind = media_type.partition(";")[0].strip().lower()
        if kind not in _NAMES:
            raise IntegrationError(
                "audio of a kind that is not transcribed", permanent=True, code=UNSUPPORTED
            )
        recording = {"model": self._model, "file": (_NAMES[kind], content, kind)}
        return self._ask(recording, self._hint(language), CancelScope(time.monotonic() + self._total_s))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _hint(self, language: str | None) -> dict[str, Any]:
        code = (language or "").replace("_", "-").partition("-")[0].lower()
        if len(code) != 2:  # ISO 639-1 has two-letter codes alone
            return {}
        return {"languages": [code]} if self._model.startswith(_LANGUAGES_PLURAL) else {"language": code}

    def _ask(self, recording: dict[str, Any], hint: dict[str, Any], scope: CancelScope) -> str:
        try:
            return self._ask_once({**recording, **hint}, scope)
        except IntegrationError as error:
            if hint and _is_about_language(error):
                again = recording
            elif _wait_for_retry(error, scope):
                again = {**recording, **hint}
            else:
                raise
        return self._ask_once(again, scope)

    def _ask_once(self, arguments: dict[str, Any], scope: CancelScope) -> str:
        with integration_errors(self._client.words_of_server(())), scope.active():
            answer = self._client.audio.transcriptions.create(**arguments)
        text = getattr(answer, "text", None)  # the library accepts any 2xx, even a proxy's page
        if not isinstance(text, str):
            raise IntegrationError(
                "the model's server sent no transcript", permanent=False, code="unreadable"
            )
        return spoken_words(text)


def _is_about_language(error: IntegrationError) -> bool:
    refused = error.__cause__
    return (
        isinstance(refused, openai.BadRequestError)
        and "language" in f"{refused.param} {refused.message}".lower()
    )


def _wait_for_retry(error: IntegrationError, scope: CancelScope) -> bool:
    """Wait before a retry; return False if none would help or fit."""
    pause = _RETRY_PAUSE_S if error.retry_after_s is None else error.retry_after_s
    if error.permanent or pause >= scope.remaining_s:
        return False
    scope.wait(pause)
    return True
