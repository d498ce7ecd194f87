"""Asks a language model for what nobody waits for: topics, summaries, descriptions of photos.

A server of one's own serves few at a time and remembers what it read last. So the task goes on from the beginning of a
conversation's prompt, which stays in its memory; it is asked while nobody waits, and given up as soon as somebody does.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog

from conversation.answers.fences import without_fences
from conversation.models.beginning import Beginning
from conversation.models.giving_way import GivingWay
from conversation.redaction import redact
from integrations.errors import IntegrationError, is_filtered
from integrations.language_model import Message, ModelStream, ToolSpec, Usage

log = structlog.get_logger()


class CompleteModel(Protocol):
    """A model that answers in one piece."""

    @property
    def is_own(self) -> bool:
        """Return whether its server is not OpenAI's."""
        ...

    def complete(
        self,
        messages: Sequence[Message],
        total_s: float,
        *,
        tools: Sequence[ToolSpec] = (),
        on_start: Callable[[ModelStream], None] = ...,
    ) -> tuple[str, Usage | None]:
        """Return the whole answer. on_start: gets the stream, which may be cancelled. Raises IntegrationError."""
        ...


class BackgroundModel:
    """A model for tasks. beginning: of a channel's prompts. is_waited_for: whether anybody waits for an answer now."""

    def __init__(
        self,
        model: CompleteModel,
        *,
        beginning: Callable[[str], Beginning],
        is_waited_for: Callable[[], bool],
    ) -> None:
        self._model, self._beginning, self._giving_way = model, beginning, GivingWay(is_waited_for)

    def complete(
        self, task: str, material: str | Sequence[dict[str, Any]], *, channel: str, total_s: float
    ) -> tuple[str, Usage | None]:
        """Return what the model writes; "" if a content filter refuses it. Raises IntegrationError.

        total_s: for one attempt, without the wait.
        """
        try:
            text, used = self._complete(task, material, channel, total_s)
        except IntegrationError as error:
            if not is_filtered(error):
                log.warning(
                    "background_failed", channel=channel, status=error.status, code=error.code,
                    permanent=error.permanent, said=redact(error.said),
                )  # fmt: skip
                raise
            log.info("background_filtered", channel=channel)
            return "", None
        return without_fences(text).strip(), used

    def _complete(
        self, task: str, material: str | Sequence[dict[str, Any]], channel: str, total_s: float
    ) -> tuple[str, Usage | None]:
        if not self._model.is_own:
            asked: list[Message] = [
                {"role": "system", "content": task},
                {"role": "user", "content": material if isinstance(material, str) else list(material)},
            ]
            return self._model.complete(asked, total_s)
        beginning = self._beginning(channel)
        asked = beginning.going_on_to(task, material)
        text, used = self._when_free(asked, beginning.tools, total_s)
        return (text, used) if text.strip() else self._when_free(asked, (), total_s)  # it called a tool

    def _when_free(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], total_s: float
    ) -> tuple[str, Usage | None]:
        return self._giving_way.run(
            lambda on_start: self._model.complete(messages, total_s, tools=tools, on_start=on_start)
        )
