"""A question to a model: its request, sent again without what the server refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

from integrations.errors import CONTENT_FILTER
from integrations.language_model import Message, ToolSpec
from integrations.openai.cache_key import cache_key
from integrations.openai.client import OpenAIClient
from integrations.openai.dialect import Api, Dialect
from integrations.openai.images import has_images, refuses_pictures, without_images
from integrations.openai.learned import PATHS, Learned
from integrations.openai.reading.answer import AnswerReader
from integrations.openai.reading.chunks import ChunkReader
from integrations.openai.reading.responses import ResponsesReader
from integrations.openai.responses import responses_body
from integrations.openai.server_words import ServerWords

_MOST_ADAPTATIONS = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked. limit: tokens of the answer, reasoning excluded. is_own: the server is not OpenAI's."""

    client: OpenAIClient
    model: str
    limit: int
    learned: Learned
    is_own: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as often as it takes.

    is_whole: nobody reads the answer before its end, and a refused image is an error.
    """

    asked: Asked
    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    is_whole: bool = False

    @property
    def words(self) -> ServerWords:
        """Return how to quote the server in the log."""
        return self.asked.client.words_of_server(self.messages)

    def open(self, *, may_hold: bool = False) -> tuple[httpx2.Response, AnswerReader]:
        """Ask, in the current cancel scope; return the open response, and what reads it.

        Leaves out parameters that the server refuses, and refused images. may_hold: words may be held back to the end.
        Raises the errors of openai and httpx2.
        """
        messages, learned = self.messages, self.asked.learned
        for _ in range(_MOST_ADAPTATIONS):
            dialect = learned.dialect
            try:
                return self._send(dialect, messages, may_hold)
            except openai.APIStatusError as error:
                if learned.from_refusal(dialect, error):
                    continue
                refused = has_images(messages) and refuses_pictures(error.status_code, error.message)
                if not refused or self.is_whole or error.code == CONTENT_FILTER:
                    raise
                messages = without_images(messages)  # for this question alone: another image may be accepted
        return self._send(learned.dialect, messages, may_hold)

    def learn(self, reader: AnswerReader) -> None:
        """Take note of how an answer was written. A single token, asked for its prompt's sake, shows nothing."""
        if self.asked.limit > 1:
            self.asked.learned.from_answer(reader)

    def _send(
        self, dialect: Dialect, messages: Sequence[Message], may_hold: bool
    ) -> tuple[httpx2.Response, AnswerReader]:
        body = self._body(dialect, messages)
        is_chat = dialect.api is Api.CHAT
        response = self.asked.client.open_stream(
            PATHS[dialect.api], body if is_chat else responses_body(body)
        )
        reader = ChunkReader if is_chat else ResponsesReader
        names = {tool.name for tool in self.tools}
        return response, reader(names, thinks_first=self._thinks_first(may_hold))

    def _thinks_first(self, may_hold: bool) -> bool | None:
        """Return whether the answer begins in a thought; None to hold it back until that is clear."""
        known = self.asked.learned.begins_in_thought
        if known:
            return True
        if self.is_whole:
            return None
        return known if may_hold else False

    def _body(self, dialect: Dialect, messages: Sequence[Message]) -> dict[str, Any]:
        parameters = dialect.parameters(self.tools, self.asked.limit)
        if not self.asked.is_own:
            parameters["prompt_cache_key"] = cache_key(messages, self.tools)
        return {"model": self.asked.model, "messages": list(messages), "stream": True, **parameters}
