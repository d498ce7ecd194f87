"""Writes answers: a thread has the models asked (rounds), runs tools, and brings each answer to an end.

An answer always ends in words. After 20 s, or with no model left to ask, it ends in an apology and a request to repeat;
a second failure in a row leads to a person or a message. What a content filter refused is no failure: the person is
told kindly, and the turn is told to no model again.
"""

import json
import threading
import time
from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from conversation.answers.answer import Answer, AnswerStopped
from conversation.answers.draft import Also, Draft
from conversation.answers.rounds import Round, Rounds
from conversation.handoff import Request, Source, begins_with, hand_off
from conversation.metrics import ANSWERS, FIRST_WORD, NO_METRICS, Metrics
from conversation.models.watch import NO_WATCH, ModelWatch
from conversation.phrases import Phrases
from conversation.redaction import redact
from conversation.tools.runner import Toolbox, ToolContext, ToolResult
from integrations.errors import CONTENT_FILTER, IntegrationError, is_filtered
from integrations.language_model import LanguageModel, Message
from storage.models import Ending, TurnState

log = structlog.get_logger()

MOST_ROUNDS = 3


class AnswerWriter:
    """Writes answers with the models in order of preference, each answer in its own thread."""

    def __init__(
        self,
        models: Sequence[LanguageModel],
        toolbox: Toolbox,
        *,
        metrics: Metrics = NO_METRICS,
        channel: str = "",
        watch: ModelWatch = NO_WATCH,
    ) -> None:
        self._rounds, self._toolbox = Rounds(models, toolbox, metrics), toolbox
        self._metrics, self._channel, self._watch = metrics, channel, watch

    def start(self, draft: Draft) -> None:
        """Begin to write; return at once."""
        context = structlog.contextvars.get_contextvars()
        threading.Thread(target=self._run, args=(draft, context), name="answer", daemon=True).start()

    def _run(self, draft: Draft, log_context: dict[str, object]) -> None:
        structlog.contextvars.bind_contextvars(**log_context)
        try:
            self._write(draft)
            self._watch.worked()
        except AnswerStopped:
            log.info("answer_stopped", turn=draft.answer.number, state=draft.answer.state)
        except IntegrationError as error:
            if is_filtered(error):
                self._decline(draft)
            else:
                self._give_up(draft, error)
                self._watch.failed(error)
        except Exception as error:
            log.exception("answer_broke", turn=draft.answer.number)
            self._give_up(draft, error)
        finally:
            for picture in draft.pictures:
                picture.release()
        self._measure(draft.answer)
        draft.on_end(draft.cost)

    def _measure(self, answer: Answer) -> None:
        self._metrics.count(ANSWERS, self._channel, answer.state)
        timing = answer.timing
        if timing.first_sentence is not None:
            self._metrics.observe(FIRST_WORD, self._channel, seconds=timing.first_sentence - timing.started)

    def _write(self, draft: Draft) -> None:
        for _ in range(MOST_ROUNDS):
            done = self._rounds.ask(draft)
            if not done.calls:
                self._finish(draft, Ending.GATHER, done.rest)
                return
            if done.rest:
                draft.answer.add(done.rest)
            results = [self._toolbox.run(draft.tools, call) for call in done.calls]
            ended = next((result for result in results if result.ending is not None), None)
            if ended is not None:
                self._finish_by_tool(draft, ended)
                return
            draft.messages += _tool_messages(done, results)
        raise IntegrationError(f"the model asked for tools {MOST_ROUNDS} times running", permanent=True)

    def _finish_by_tool(self, draft: Draft, result: ToolResult) -> None:
        assert result.ending is not None
        words = [result.words] if result.words and not draft.answer.sentences else []
        self._finish(draft, result.ending, words)

    def _finish(self, draft: Draft, ending: Ending, rest: Sequence[str]) -> None:
        timing = draft.answer.timing
        if rest and timing.first_sentence is None:  # its only sentence
            timing.first_sentence = time.monotonic()
        draft.answer.finish(
            TurnState.COMPLETE,
            ending,
            rest,
            also=draft.on_complete,
            model=draft.model,
            failures=0,
            prompt_tokens=draft.cost.prompt_tokens,
            completion_tokens=draft.tokens.completion_tokens or None,
            first_token_ms=timing.since_start_ms(timing.first_token),
            first_sentence_ms=timing.since_start_ms(timing.first_sentence),
        )
        log.info(
            "answer_complete", turn=draft.answer.number, ending=ending, model=draft.model,
            first_token_ms=timing.since_start_ms(timing.first_token),
            first_sentence_ms=timing.since_start_ms(timing.first_sentence),
            prompt_tokens=draft.tokens.prompt_tokens, cached_tokens=draft.tokens.cached_tokens,
            completion_tokens=draft.tokens.completion_tokens,
        )  # fmt: skip

    def _decline(self, draft: Draft) -> None:
        """End an answer that a content filter refused."""
        answer, words = draft.answer, draft.tools.phrases.cannot_discuss
        try:
            answer.finish(
                TurnState.COMPLETE, Ending.GATHER, [f" {words}" if answer.sentences else words],
                also=draft.on_complete, model=draft.model, failures=answer.failures_before,
                error=CONTENT_FILTER,
            )  # fmt: skip
        except AnswerStopped:
            return  # whoever stopped it had the last word
        log.warning("answer_filtered", turn=answer.number, model=draft.model)

    def _give_up(self, draft: Draft, error: Exception) -> None:
        answer, reason = draft.answer, type(error).__name__
        words, ending = last_words(answer, draft.tools.phrases, can_transfer=draft.tools.can_transfer)
        try:
            answer.finish(
                TurnState.FAILED, ending, words, also=failure_handoff(draft.tools, ending),
                model=draft.model, failures=answer.failures_before + 1, error=reason,
            )  # fmt: skip
        except AnswerStopped:
            return  # whoever stopped it had the last word
        log.error("answer_failed", turn=answer.number, error=reason, ending=ending)


def last_words(answer: Answer, phrases: Phrases, *, can_transfer: bool) -> tuple[list[str], Ending]:
    """Return the last words of a failed answer: an apology, and after a second failure in a row a handoff."""
    if answer.failures_before == 0:
        said = answer.sentences
        return [f" {phrases.cut_off}" if said else phrases.apology], Ending.GATHER
    if can_transfer:
        return [f"{phrases.apology_again} {phrases.transfer}"], Ending.TRANSFER
    return [phrases.apology_again], Ending.TAKE_MESSAGE


def failure_handoff(context: ToolContext, ending: Ending) -> Also | None:
    """Return a function that records the handoff after a second failure in a row."""
    conversation_id = context.conversation_id
    if ending is Ending.GATHER:
        return None
    begins = begins_with(ending, is_phone=context.is_phone)
    request = Request("the assistant could not answer", source=Source.FAILURE, begins=begins)
    if conversation_id is None:
        context.keep_later(request)
        return None

    def keep(connection: Connection) -> None:
        hand_off(connection, context.handoffs, conversation_id, context.turn_number, request, context.now)

    return keep


def _tool_messages(done: Round, results: Sequence[ToolResult]) -> list[Message]:
    calls = [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments or {})},
        }
        for call in done.calls
    ]
    asked: Message = {"role": "assistant", "content": redact("".join(done.text)) or None, "tool_calls": calls}
    answers: list[Message] = [
        {"role": "tool", "tool_call_id": call.call_id, "content": result.content}
        for call, result in zip(done.calls, results, strict=True)
    ]
    return [asked, *answers]
