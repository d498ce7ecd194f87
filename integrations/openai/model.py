"""A language model behind Chat Completions: OpenAI, or a compatible server (Ollama, llama.cpp, vLLM).

The openai library's client makes the requests (client). The sockets (deadline_transport), the stream's parser (stream)
and the retries are ours: on the phone a deadline must be exact, a cancelled answer must stop at once, and nothing may
be retried after the first word.
"""

import logging
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import httpx2
import openai

from integrations.errors import IntegrationError
from integrations.http.deadline_sockets import CancelScope
from integrations.language_model import Event, Finish, Message, TextDelta, ToolSpec, Usage
from integrations.openai.client import OpenAIClient, integration_errors
from integrations.openai.dialect import Dialect, Refusal, dialect_for
from integrations.openai.images import has_images, refuses_pictures, without_images
from integrations.openai.stream import DONE, ChunkReader, UnreadableStreamError, payloads

logger = logging.getLogger(__name__)

_DRAIN_S = 0.1
"""Longest wait for the remainder after [DONE]; the connection is then closed."""

_RETRY_PAUSES_S = (0.1, 0.4)
_MOST_ADAPTATIONS = 6


class OpenAIModel:
    """A model behind Chat Completions.

    model: its name on the server. api_key: may be None with a base_url.
    base_url: with its /v1; None is OpenAI.
    reasoning_effort: None is the least for OpenAI's models, and not sent to other servers.
    max_completion_tokens: for the answer, reasoning excluded.
    connections: the most answers in progress; another one waits up to 2 s.

    The environment is ignored, OPENAI_* variables included.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None,
        base_url: str | None,
        reasoning_effort: str | None = None,
        max_completion_tokens: int = 400,
        connections: int = 400,
    ) -> None:
        if not api_key and not base_url:
            raise ValueError("an api_key, a base_url or both are needed")
        client = OpenAIClient(api_key=api_key, base_url=base_url, connections=connections)
        self._set_up(client, model, reasoning_effort, max_completion_tokens)

    def _set_up(self, client: OpenAIClient, model: str, effort: str | None, limit: int) -> None:
        self._client = client
        self._model = model
        self._limit = limit
        self._dialect = dialect_for(model, str(client.base_url), effort)
        self._learning = threading.Lock()

    @property
    def name(self) -> str:
        """Return the model's name, as configured."""
        return self._model

    def with_model(self, model: str, *, reasoning_effort: str | None = None) -> "OpenAIModel":
        """Return another model of the same server, over the same connections: the fallback."""
        other = OpenAIModel.__new__(OpenAIModel)
        other._set_up(self._client, model, reasoning_effort, self._limit)
        return other

    def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        first_event_s: float,
        total_s: float,
    ) -> "OpenAIStream":
        """Start an answer; see LanguageModel.stream.

        first_event_s ends with the first sign of the answer, such as a tool call's first fragment. An earlier failure
        is retried if there is time and it is not permanent.
        """
        return OpenAIStream(self, messages, tools, first_event_s, total_s)

    def complete(self, messages: Sequence[Message], total_s: float) -> tuple[str, Usage | None]:
        """Return a whole answer, for background work. Raises IntegrationError, also for an interrupted answer.

        A refused image is an error here: the question is about the image.
        """
        words: list[str] = []
        usage, finished = None, False
        for event in OpenAIStream(self, messages, (), total_s, total_s, drops_images=False):
            if isinstance(event, TextDelta):
                words.append(event.text)
            elif isinstance(event, Usage):
                usage = event
            finished = finished or isinstance(event, Finish)
        if not finished:
            raise IntegrationError("the model's answer was cut off", permanent=False, code="cut_off")
        return "".join(words), usage

    def warm_up(self) -> threading.Thread:
        """Open a connection in the background, so that the first caller does not wait for one. Return its thread.

        A failure is ignored: the first answer will report it.
        """
        thread = threading.Thread(target=self._ask_for_model, name="model-warm-up", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Close the connections, also those of models made by with_model()."""
        self._client.close()

    def _ask_for_model(self) -> None:
        # It costs no tokens, and connects even to a server without this route.
        with CancelScope(time.monotonic() + 5).active(), suppress(openai.OpenAIError, httpx2.HTTPError):
            self._client.get(f"/models/{quote(self._model, safe='')}", cast_to=object)

    def request(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, drops_images: bool = True
    ) -> httpx2.Response:
        """Send a request in the current cancel scope and return the open response.

        Leaves out parameters that the server refuses, and refused images if drops_images. Raises the errors of openai
        and httpx2.
        """
        for _ in range(_MOST_ADAPTATIONS):
            dialect = self._dialect
            try:
                return self._client.open_stream(self._body(dialect, messages, tools))
            except openai.APIStatusError as error:
                if self._learn(dialect, error):
                    continue
                refused = has_images(messages) and refuses_pictures(error.status_code, error.message)
                if not (refused and drops_images):
                    raise
                messages = without_images(messages)  # for this request alone: another image may be accepted
        return self._client.open_stream(self._body(self._dialect, messages, tools))

    def _body(
        self, dialect: Dialect, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> dict[str, Any]:
        parameters = dialect.parameters(tools, self._limit)
        return {"model": self._model, "messages": list(messages), "stream": True, **parameters}

    def _learn(self, asked_with: Dialect, error: openai.APIStatusError) -> bool:
        """Return whether to try again: with fewer parameters, or with the dialect learned by another request."""
        refusal = Refusal(error.status_code, str(error.param or ""), str(error.message))
        better = asked_with.after(refusal)
        if better is None:
            return False
        with self._learning:
            if self._dialect == asked_with:
                self._dialect = better
                logger.warning(
                    "%s: HTTP %s refused a parameter; asking without", self._model, error.status_code
                )
        return True


class OpenAIStream:
    """An answer in progress; see ModelStream. Iterated once."""

    def __init__(
        self,
        model: OpenAIModel,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        first_event_s: float,
        total_s: float,
        *,
        drops_images: bool = True,
    ) -> None:
        self._drops_images = drops_images
        self._model = model
        self._messages = messages
        self._tools = tools
        self._first_event_s = first_event_s
        self._total_s = total_s
        self._ends_at = float("inf")
        self._scope = CancelScope(float("inf"))
        self._begun = False

    def cancel(self) -> None:
        self._scope.cancel()

    def unhurry(self) -> None:
        self._scope.unhurried = True

    def gather(self) -> None:
        self._scope.gathers = True

    def __iter__(self) -> Iterator[Event]:
        now = time.monotonic()
        self._ends_at = now + self._total_s
        self._scope.deadline = now + min(self._first_event_s, self._total_s)
        pauses = iter(_RETRY_PAUSES_S)
        while not self._scope.is_cancelled:
            try:
                yield from self._attempt()
            except IntegrationError as error:
                if self._scope.is_cancelled:
                    return
                if self._begun or not self._wait_for_retry(error, next(pauses, None)):
                    raise
            else:
                return

    def _attempt(self) -> Iterator[Event]:
        reader = ChunkReader()
        with integration_errors(), self._opened() as response:
            together = payloads(response.iter_bytes())
            for chunks in together:
                is_over = DONE in chunks
                yield from self._read(reader, chunks[: chunks.index(DONE)] if is_over else chunks)
                if is_over:
                    self._drain(together)
                    break
        if reader.usage and not self._scope.is_cancelled:
            yield reader.usage

    def _read(self, reader: ChunkReader, chunks: Sequence[bytes]) -> Iterator[Event]:
        try:
            for event in reader.read_all(chunks):
                if self._scope.is_cancelled:
                    return
                yield event
        finally:
            if reader.begun and not self._begun:
                self._begin()

    @contextmanager
    def _opened(self) -> Iterator[httpx2.Response]:
        with self._scope.active():
            response = self._model.request(self._messages, self._tools, drops_images=self._drops_images)
        try:
            yield response
        finally:
            response.close()

    def _begin(self) -> None:
        self._begun = True
        self._scope.deadline = self._ends_at
        self._scope.gathering = self._scope.gathers

    def _drain(self, rest: Iterator[list[bytes]]) -> None:
        """Read to the end of the body, so that the connection can be reused."""
        self._scope.deadline = min(self._scope.deadline, time.monotonic() + _DRAIN_S)
        with suppress(httpx2.HTTPError, UnreadableStreamError):
            for _ in rest:
                pass

    def _wait_for_retry(self, error: IntegrationError, pause: float | None) -> bool:
        """Wait before a retry; return False if none would help or fit."""
        if error.permanent or pause is None:
            return False
        if error.retry_after_s is not None:
            pause = error.retry_after_s
        elif error.code == "connection" and pause == _RETRY_PAUSES_S[0]:
            pause = 0.0  # most likely an idle connection closed by the server
        else:
            pause *= random.uniform(0.75, 1.25)  # noqa: S311  # spreads callers out, hides nothing
        if pause >= self._scope.remaining_s:
            return False
        self._scope.wait(pause)
        return True
