"""Writes answers: a thread reads the model's stream, splits it into sentences and runs tools.

An answer always ends in words. If the model gives no word within 4 s, or fails before the first, the fallback model is
asked (without one, the same model again if that can help). An answer that breaks off is continued once. After 20 s, or
with no model left to ask, the answer ends in an apology and a request to repeat; a second failure in a row leads to a
person or a message.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from conversation import history
from conversation.answers.answer import Answer, AnswerStopped
from conversation.handoff import Request, Source, begins_with, hand_off
from conversation.metrics import ANSWERS, FIRST_WORD, MODEL_TIME, NO_METRICS, TOKENS, Metrics
from conversation.phrases import Phrases
from conversation.redaction import redact
from conversation.speech.sentences import SentenceCutter
from conversation.speech.text_for_tts import spoken_seconds
from conversation.tools.runner import Toolbox, ToolContext, ToolResult
from integrations.errors import IntegrationError
from integrations.language_model import Finish, LanguageModel, Message, TextDelta, ToolCall, Usage
from storage.models import Ending, TurnState

log = structlog.get_logger()

FIRST_WORD_S = 4.0
TOTAL_S = 20.0
MOST_ROUNDS = 3
UNHURRIED_AFTER_S = 2.0
"""Seconds of speech after which the next words may come a quarter of a second later."""

LONGEST_WORD = 4000
"""Longer than any answer: pieces are searched for secrets one by one, and no secret may be split."""

Also = Callable[[Connection], None]


@dataclass
class Draft:
    """An answer in progress and its cost so far."""

    answer: Answer
    messages: list[Message]
    tools: ToolContext
    on_complete: Also
    """Run inside the transaction that completes the answer."""
    tokens: Usage = field(default_factory=lambda: Usage(0, 0))
    model: str | None = None
    before: frozenset[str] = frozenset()
    """Sentences from before this attempt: a model told to continue may repeat them."""

    @property
    def remaining_s(self) -> float:
        """Seconds left for the answer."""
        return TOTAL_S - (time.monotonic() - self.answer.timing.started)


@dataclass
class Round:
    """The result of one request to a model."""

    rest: list[str] = field(default_factory=list)
    """Sentences not yet published."""
    text: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    finished: bool = False


class AnswerWriter:
    """Writes answers with the models in order of preference, each answer in its own thread."""

    def __init__(
        self,
        models: Sequence[LanguageModel],
        toolbox: Toolbox,
        *,
        metrics: Metrics = NO_METRICS,
        channel: str = "",
    ) -> None:
        self._models, self._toolbox = tuple(models), toolbox
        self._metrics, self._channel = metrics, channel

    def start(self, draft: Draft) -> None:
        """Begin to write; return at once."""
        context = structlog.contextvars.get_contextvars()
        threading.Thread(target=self._run, args=(draft, context), name="answer", daemon=True).start()

    def _run(self, draft: Draft, log_context: dict[str, object]) -> None:
        structlog.contextvars.bind_contextvars(**log_context)
        try:
            self._write(draft)
        except AnswerStopped:
            log.info("answer_stopped", turn=draft.answer.number, state=draft.answer.state)
        except IntegrationError as error:
            self._give_up(draft, error)
        except Exception as error:
            log.exception("answer_broke", turn=draft.answer.number)
            self._give_up(draft, error)
        self._measure(draft.answer)

    def _measure(self, answer: Answer) -> None:
        self._metrics.count(ANSWERS, self._channel, answer.state)
        timing = answer.timing
        if timing.first_sentence is not None:
            self._metrics.observe(FIRST_WORD, self._channel, seconds=timing.first_sentence - timing.started)

    def _write(self, draft: Draft) -> None:
        for _ in range(MOST_ROUNDS):
            done = self._ask(draft)
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

    def _ask(self, draft: Draft) -> Round:
        """Run one round: return the first complete answer of a model, continuing an incomplete one."""
        error: IntegrationError | None = None
        for model, patience_s in self._tries():
            if error is not None and error.permanent and model.name == draft.model:
                continue
            if draft.remaining_s <= 0:
                break
            try:
                return self._timed(draft, model, min(patience_s, draft.remaining_s))
            except IntegrationError as failed:
                error = failed
                log.warning(
                    "model_failed", model=model.name, turn=draft.answer.number,
                    status=failed.status, code=failed.code, permanent=failed.permanent,
                )  # fmt: skip
        raise error or IntegrationError("the answer's time is over", permanent=False)

    def _tries(self) -> list[tuple[LanguageModel, float]]:
        if len(self._models) == 1:
            return [(self._models[0], TOTAL_S)] * 2
        return [(self._models[0], FIRST_WORD_S), *((model, TOTAL_S) for model in self._models[1:])]

    def _timed(self, draft: Draft, model: LanguageModel, first_event_s: float) -> Round:
        began, result = time.monotonic(), "failed"
        try:
            done = self._stream(draft, model, first_event_s)
            result = "complete"
        except AnswerStopped:
            result = "stopped"
            raise
        finally:
            self._metrics.observe(MODEL_TIME, model.name, result, seconds=time.monotonic() - began)
        return done

    def _stream(self, draft: Draft, model: LanguageModel, first_event_s: float) -> Round:
        answer, done, cutter = draft.answer, Round(), SentenceCutter(longest_word=LONGEST_WORD)
        draft.model, draft.before = model.name, frozenset(s.strip() for s in answer.sentences)
        messages = draft.messages
        if answer.sentences:
            messages = history.continuation(messages, "".join(answer.sentences))
        stream = model.stream(
            messages, tools=self._toolbox.specs, first_event_s=first_event_s, total_s=draft.remaining_s
        )
        if draft.answer.whole:
            stream.gather()
        with answer.stopping(stream.cancel):
            for event in stream:
                if isinstance(event, TextDelta):
                    answer.timing.first_token = answer.timing.first_token or time.monotonic()
                    if self._publish(draft, cutter.feed(event.text)):
                        stream.unhurry()  # the caller is being spoken to
                    done.text.append(event.text)
                elif isinstance(event, ToolCall):
                    done.calls.append(event)
                elif isinstance(event, Usage):
                    _count(draft, event)
                    self._metrics.count(TOKENS, model.name, "prompt", by=event.prompt_tokens)
                    self._metrics.count(TOKENS, model.name, "completion", by=event.completion_tokens)
                elif isinstance(event, Finish):
                    done.finished = True
        return self._checked(draft, done, cutter)

    def _publish(self, draft: Draft, pieces: list[str]) -> bool:
        """Publish new sentences; return whether readers now have enough to speak for a while."""
        fresh = _fresh(draft, pieces)
        if fresh:
            draft.answer.add(fresh)
            return (
                not draft.answer.whole and spoken_seconds("".join(draft.answer.sentences)) > UNHURRIED_AFTER_S
            )
        if draft.answer.state is not TurnState.WRITING:
            raise AnswerStopped
        return False

    def _checked(self, draft: Draft, done: Round, cutter: SentenceCutter) -> Round:
        if draft.answer.state is not TurnState.WRITING:
            raise AnswerStopped  # a cancelled stream ends without a word
        if not done.finished:
            raise IntegrationError("the model's answer broke off", permanent=False)
        done.rest = _fresh(draft, cutter.finish())
        silent = not any(text.strip() for text in done.text)
        if silent and not done.calls and not draft.answer.sentences:  # nothing left to add is no fault
            raise IntegrationError("the model's answer was empty", permanent=False)
        return done

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
            prompt_tokens=draft.tokens.prompt_tokens or history.estimated_tokens(draft.messages),
            completion_tokens=draft.tokens.completion_tokens or None,
            first_token_ms=timing.since_start_ms(timing.first_token),
            first_sentence_ms=timing.since_start_ms(timing.first_sentence),
        )
        log.info(
            "answer_complete", turn=draft.answer.number, ending=ending, model=draft.model,
            first_token_ms=timing.since_start_ms(timing.first_token),
            first_sentence_ms=timing.since_start_ms(timing.first_sentence),
        )  # fmt: skip

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
    if ending is Ending.GATHER or conversation_id is None:
        return None
    begins = begins_with(ending, is_phone=context.is_phone)
    request = Request("the assistant could not answer", source=Source.FAILURE, begins=begins)

    def keep(connection: Connection) -> None:
        hand_off(connection, context.handoffs, conversation_id, context.turn_number, request, context.now)

    return keep


def _fresh(draft: Draft, pieces: list[str]) -> list[str]:
    """Yield the pieces, redacted, without leading sentences that were already said."""
    while pieces and pieces[0].strip() in draft.before:
        pieces = pieces[1:]
    if pieces:
        draft.before = frozenset()
    return [redact(_whole(piece)) for piece in pieces]


def _whole(text: str) -> str:
    """Return the text without lone surrogates, which neither databases nor XML accept."""
    return text if text.isascii() else text.encode("utf-8", "ignore").decode()


def _count(draft: Draft, usage: Usage) -> None:
    draft.tokens = Usage(
        draft.tokens.prompt_tokens + usage.prompt_tokens,
        draft.tokens.completion_tokens + usage.completion_tokens,
    )


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
