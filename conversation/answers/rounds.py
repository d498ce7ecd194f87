"""Asks the models for words and tool calls, and publishes each sentence as soon as it is whole.

If a model gives no word within 4 s, or fails before the first, the fallback model is asked (without one, the same model
again if that can help). A server that fails in the same way for both is asked no more. An answer that breaks off is
continued once; one that reached its limit of tokens too, and if that fails it ends with its last whole sentence. What a
content filter refused is asked once.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from conversation import history
from conversation.answers.answer import AnswerStopped
from conversation.answers.draft import TOTAL_S, Draft
from conversation.answers.fences import FenceFilter
from conversation.metrics import MODEL_TIME, TOKENS, Metrics
from conversation.redaction import redact
from conversation.speech.chunks import spoken_seconds
from conversation.speech.sentences import SentenceCutter
from conversation.tools.runner import Toolbox
from integrations.errors import CONTENT_FILTER, NO_ANSWER_IN_TIME, IntegrationError, is_filtered
from integrations.language_model import Finish, LanguageModel, TextDelta, ToolCall, Usage
from storage.models import TurnState
from translations import lazy_gettext as _

log = structlog.get_logger()

FIRST_WORD_S = 4.0
UNHURRIED_AFTER_S = 2.0
"""Seconds of speech after which the next words may come a quarter of a second later."""

LONGEST_WORD = 4000
"""Longer than any answer: pieces are searched for secrets one by one, and no secret may be split."""

LENGTH = "length"
"""Why a model ended that had reached its limit of tokens."""

_WHOLE = re.compile(r"[^\d\s][.!?…][\"'’”»)\]*_]*\s*\Z")
"""The end of a sentence; after a figure a point may be one of its own."""


@dataclass
class Round:
    """The result of one request to a model."""

    rest: list[str] = field(default_factory=list)
    """Sentences not yet published."""
    text: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    finish: str | None = None

    @property
    def is_cut_off(self) -> bool:
        """True if the limit of tokens was reached amid the words."""
        return self.finish == LENGTH and not self.calls


class Rounds:
    """Asks models, in order of preference."""

    def __init__(self, models: Sequence[LanguageModel], toolbox: Toolbox, metrics: Metrics) -> None:
        self._models, self._toolbox, self._metrics = tuple(models), toolbox, metrics

    def ask(self, draft: Draft) -> Round:
        """Return whole words, and tool calls. Raises IntegrationError, and AnswerStopped."""
        done = self._ask(draft)
        return self._continued(draft, done) if done.is_cut_off else done

    def _continued(self, draft: Draft, done: Round) -> Round:
        """Have an answer that reached its limit continued, once."""
        if done.rest:
            draft.answer.add(done.rest)
        log.warning("answer_too_long", model=draft.model, turn=draft.answer.number)
        try:
            more = self._ask(draft)
        except IntegrationError:
            if not draft.answer.sentences:
                raise
            return Round()
        if not (more.rest or more.calls or draft.answer.sentences):
            raise IntegrationError("the model's limit of tokens leaves no whole sentence", permanent=False)
        return more

    def _ask(self, draft: Draft) -> Round:
        """Return the first complete answer of a model, continuing one that broke off."""
        failures: list[IntegrationError] = []
        out_of_question: set[str] = set()
        for model, patience_s in self._tries():
            if model.name in out_of_question:
                continue
            if draft.remaining_s <= 0:
                break
            try:
                return self._timed(draft, model, min(patience_s, draft.remaining_s))
            except IntegrationError as failed:
                log.warning(
                    "model_failed", model=model.name, turn=draft.answer.number,
                    status=failed.status, code=failed.code, permanent=failed.permanent, said=redact(failed.said),
                )  # fmt: skip
                if is_filtered(failed):
                    raise
                is_known = any(map(failed.says_the_same_as, failures))
                failures.append(failed)
                if is_known:
                    break
                if failed.permanent or failed.repeats or failed.code == NO_ANSWER_IN_TIME:
                    out_of_question.add(model.name)
        raise failures[-1] if failures else IntegrationError("the answer's time is over", permanent=False)

    def _tries(self) -> list[tuple[LanguageModel, float]]:
        """Return whom to ask, in turn, and the seconds until the first word."""
        if len(self._models) == 1:
            return [(self._models[0], TOTAL_S)] * 2
        first, *others = self._models
        patient = [(model, TOTAL_S) for model in self._models]
        return [(first, FIRST_WORD_S), *((model, TOTAL_S) for model in others), *patient]

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
        answer, done = draft.answer, Round()
        cutter, fences = SentenceCutter(longest_word=LONGEST_WORD), FenceFilter()
        draft.model, draft.before = model.name, frozenset(s.strip() for s in answer.sentences)
        messages = draft.messages
        if answer.sentences:
            messages = history.continuation(messages, "".join(answer.sentences))
        stream = model.stream(
            messages, tools=self._toolbox.specs, first_event_s=first_event_s, total_s=draft.remaining_s,
            asks_again=len(self._models) == 1,
        )  # fmt: skip
        if draft.answer.whole:
            stream.gather()
        with answer.stopping(stream.cancel):
            for event in stream:
                if isinstance(event, TextDelta):
                    answer.timing.first_token = answer.timing.first_token or time.monotonic()
                    words = fences.feed(event.text)
                    if words and self._publish(draft, cutter.feed(words)):
                        stream.unhurry()  # the caller is being spoken to
                    done.text.append(words)
                elif isinstance(event, ToolCall):
                    done.calls.append(event)
                elif isinstance(event, Usage):
                    self._count(draft, model, event)
                elif isinstance(event, Finish):
                    done.finish = event.reason
        words = fences.finish()
        done.text.append(words)
        return self._checked(draft, done, [*cutter.feed(words), *cutter.finish()])

    def _count(self, draft: Draft, model: LanguageModel, usage: Usage) -> None:
        draft.count(usage)
        self._metrics.count(TOKENS, model.name, "prompt", by=usage.prompt_tokens)
        self._metrics.count(TOKENS, model.name, "cached", by=usage.cached_tokens)
        self._metrics.count(TOKENS, model.name, "completion", by=usage.completion_tokens)

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

    def _checked(self, draft: Draft, done: Round, last: list[str]) -> Round:
        if draft.answer.state is not TurnState.WRITING:
            raise AnswerStopped  # a cancelled stream ends without a word
        if done.finish is None:
            raise IntegrationError("the model's answer broke off", permanent=False)
        if done.finish == CONTENT_FILTER:
            raise IntegrationError(
                _("the model's server filtered the answer"), permanent=True, code=CONTENT_FILTER
            )
        if done.is_cut_off and last and not _WHOLE.search(last[-1]):
            last = last[:-1]
        done.rest = _fresh(draft, last)
        silent = not any(text.strip() for text in done.text)
        if silent and not done.calls and not draft.answer.sentences:  # nothing left to add is no fault
            raise IntegrationError("the model's answer was empty", permanent=False)
        return done


def _fresh(draft: Draft, pieces: list[str]) -> list[str]:
    """Return the pieces, redacted, without leading sentences that were already said."""
    while pieces and pieces[0].strip() in draft.before:
        pieces = pieces[1:]
    if pieces:
        draft.before = frozenset()
    return [redact(_whole(piece)) for piece in pieces]


def _whole(text: str) -> str:
    """Return the text without lone surrogates, which neither databases nor XML accept."""
    return text if text.isascii() else text.encode("utf-8", "ignore").decode()
