"""A language model behind Chat Completions or the Responses API: OpenAI, or a compatible server.

The openai library's client makes the requests (client). The sockets (deadline_transport), the readers of streams
(reading) and the retries (answer_stream) are ours: on the phone a deadline must be exact, a cancelled answer must stop
at once, and nothing may be retried after the first word.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

import httpx2
import openai

from integrations.errors import CONTENT_FILTER, IntegrationError
from integrations.http.deadline_sockets import CancelScope
from integrations.language_model import Finish, Message, ModelStream, TextDelta, ToolSpec, Usage
from integrations.openai.answer_stream import OpenAIStream
from integrations.openai.client import OpenAIClient
from integrations.openai.dialect import Api, dialect_for, is_openai
from integrations.openai.learned import Learned
from integrations.openai.question import Asked, Question
from translations import lazy_gettext

LEARNING_TOKENS = 300
"""The limit of an answer that is only to show whether it begins in a thought: about a greeting few are longer."""


class OpenAIModel:
    """A model behind Chat Completions or the Responses API.

    model: its name on the server. api_key: may be None with a base_url.
    base_url: as server_address() takes it; None is OpenAI.
    reasoning_effort: None is the least for OpenAI's models, and not sent to other servers.
    max_completion_tokens: for the answer, reasoning excluded.
    connections: the most answers in progress; another one waits up to 2 s.
    api: "chat" or "responses", the first one to ask. OpenAI's own servers may name the other for a model.

    The environment is ignored, OPENAI_* variables included.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None,
        base_url: str | None,
        reasoning_effort: str | None = None,
        max_completion_tokens: int = 1000,
        connections: int = 400,
        api: str = Api.CHAT,
    ) -> None:
        if not api_key and not base_url:
            raise ValueError("an api_key, a base_url or both are needed")
        client = OpenAIClient(api_key=api_key, base_url=base_url, connections=connections)
        address = str(client.base_url)
        learned = Learned(model, dialect_for(model, address, reasoning_effort, Api(api)))
        self._api = Api(api)
        self._asked = Asked(client, model, max_completion_tokens, learned, is_own=not is_openai(address))

    @property
    def name(self) -> str:
        """Return the model's name, as configured."""
        return self._asked.model

    @property
    def is_own(self) -> bool:
        """Return whether the server is not OpenAI's: one that serves few at a time, perhaps."""
        return self._asked.is_own

    def with_model(self, model: str, *, reasoning_effort: str | None = None) -> "OpenAIModel":
        """Return another model of the same server, over the same connections: the fallback."""
        address = str(self._asked.client.base_url)
        learned = Learned(model, dialect_for(model, address, reasoning_effort, self._api))
        return self._like(replace(self._asked, model=model, learned=learned))

    def with_limit(self, max_completion_tokens: int) -> "OpenAIModel":
        """Return the same model with another limit of its answers. What one of the two learns, both know."""
        return self._like(replace(self._asked, limit=max_completion_tokens))

    def _like(self, asked: Asked) -> "OpenAIModel":
        other = OpenAIModel.__new__(OpenAIModel)
        other._api, other._asked = self._api, asked
        return other

    def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        first_event_s: float,
        total_s: float,
        asks_again: bool = True,
    ) -> "OpenAIStream":
        """Start an answer; see LanguageModel.stream.

        first_event_s ends with the first sign of the answer, such as a tool call's first fragment. An earlier failure
        is retried if there is time and it is not permanent.
        """
        question = Question(self._asked, messages, tools)
        return OpenAIStream(question, first_event_s, total_s, asks_again=asks_again)

    def complete(
        self,
        messages: Sequence[Message],
        total_s: float,
        *,
        tools: Sequence[ToolSpec] = (),
        on_start: Callable[[ModelStream], None] = lambda _stream: None,
    ) -> tuple[str, Usage | None]:
        """Return a whole answer, for background work. Raises IntegrationError, also for an interrupted answer.

        A refused image is an error here: the question is about the image. tools: described, but not run. on_start:
        gets the stream, which may be cancelled; it is then interrupted.
        """
        words: list[str] = []
        usage, finish = None, ""
        stream = OpenAIStream(Question(self._asked, messages, tools, is_whole=True), total_s, total_s)
        on_start(stream)
        for event in stream:
            if isinstance(event, TextDelta):
                words.append(event.text)
            elif isinstance(event, Usage):
                usage = event
            elif isinstance(event, Finish):
                finish = event.reason
        if finish == CONTENT_FILTER:
            raise IntegrationError(
                lazy_gettext("the model's server filtered the answer"), permanent=True, code=CONTENT_FILTER
            )
        if not finish:
            raise _cut_off()
        return "".join(words), usage

    def learn_from_answer(
        self,
        messages: Sequence[Message],
        total_s: float,
        *,
        tools: Sequence[ToolSpec] = (),
        on_start: Callable[[ModelStream], None] = lambda _stream: None,
    ) -> None:
        """Have it answer where nobody listens, until it is known whether its answers begin in the middle of a thought.

        Asks nothing where it is known already. Raises IntegrationError, also for an interrupted answer.
        """
        if self._asked.learned.begins_in_thought is not None:
            return
        asked = replace(self._asked, limit=LEARNING_TOKENS)
        stream = OpenAIStream(Question(asked, messages, tools, is_whole=True), total_s, total_s)
        on_start(stream)
        is_known = False
        for event in stream:
            is_known = is_known or isinstance(event, TextDelta | Finish)
            if isinstance(event, TextDelta):  # held back until it was known
                stream.cancel()
        if not is_known:
            raise _cut_off()

    def warm_up(self) -> threading.Thread:
        """Open a connection in the background, so that the first caller does not wait for one. Return its thread.

        A failure is ignored: the first answer will report it.
        """
        thread = threading.Thread(target=self._ask_for_model, name="model-warm-up", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Close the connections, also those of models made by with_model()."""
        self._asked.client.close()

    def _ask_for_model(self) -> None:
        # It costs no tokens, and connects even to a server without this route.
        with CancelScope(time.monotonic() + 5).active(), suppress(openai.OpenAIError, httpx2.HTTPError):
            self._asked.client.get(f"/models/{quote(self.name, safe='')}", cast_to=object)


def _cut_off() -> IntegrationError:
    return IntegrationError(lazy_gettext("the model's answer was cut off"), permanent=False, code="cut_off")
