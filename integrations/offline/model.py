"""A model that answers from the profile's facts and FAQ by matching words, for machines without a key.

It recognizes greetings, thanks, goodbyes, requests for help and for a person. It invents nothing: for any other
question it offers a person, and at the second one it has a message taken.
"""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from integrations.errors import IntegrationError
from integrations.language_model import (
    CALLED,
    CAMPAIGN,
    NOTES,
    Event,
    Finish,
    Message,
    TextDelta,
    ToolCall,
    ToolSpec,
)
from integrations.offline.faq_search import LexicalIndex, words
from integrations.offline.phrases import OfflinePhrases, Patterns

HAND_OFF = "hand_off"
END_CALL = "end_call"

_REMEMBERED = 8
"""Answers before this one in which a question that was not known counts."""
_NEARLY = 0.9
"""Facts this close to the best one are added: opening hours are often two facts."""


@dataclass(frozen=True, slots=True)
class _Reply:
    words: str
    tool: str | None = None
    arguments: tuple[tuple[str, str], ...] = ()


class OfflineModel:
    """A language model without network or key.

    business: the name, as spoken. phrases: in the language to speak.
    faq: `(questions, answer)`. facts: sentences to say unchanged. offers_people: whether a person may be offered.
    pace_s: seconds between words, to imitate a streamed answer.

    It calls end_call (no arguments) and hand_off (reason, summary) if they are among the tools. It yields no Usage.
    """

    name = "offline"

    def __init__(
        self,
        *,
        business: str,
        phrases: OfflinePhrases,
        faq: Sequence[tuple[Sequence[str], str]],
        facts: Sequence[str],
        offers_people: bool = True,
        pace_s: float = 0.0,
    ) -> None:
        self._phrases, self._patterns = phrases, Patterns.of(phrases.recognised)
        self._named = {"{business}": business, "{or_person}": phrases.or_person if offers_people else ""}
        self._pace_s = pace_s
        self._answers = [answer for _, answer in faq] + list(facts)
        self._first_fact = len(faq)
        # A question of common words alone, such as "What do you do?", is found only as it is written
        self._questions = {
            self._patterns.pleasantry.sub("", _bare(question)): number
            for number, (asked, _answer) in reversed(list(enumerate(faq)))
            for question in asked
        }
        texts = [(" ".join(asked), answer) for asked, answer in faq] + [(fact, "") for fact in facts]
        self._index = LexicalIndex(texts)

    def offering(self, people: bool) -> "OfflineModel":
        """Return the same model for a channel on which a person may be offered, or may not."""
        other = copy(self)
        other._named = self._named | {"{or_person}": self._phrases.or_person if people else ""}
        return other

    def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        first_event_s: float,
        total_s: float,
        asks_again: bool = True,
    ) -> "OfflineStream":
        """Start an answer to the user's last words; see LanguageModel.stream."""
        reply = self._reply(_Exchange.of(messages), {tool.name for tool in tools})
        return OfflineStream(reply, self._pace_s, total_s)

    def _reply(self, exchange: "_Exchange", tools: set[str]) -> _Reply:
        if exchange.failed_tool:  # a tool that works ends the answer, without another request
            phrases = self._phrases
            return _Reply(
                self._say(phrases.nobody_here if exchange.failed_tool == HAND_OFF else phrases.farewell)
            )
        reply = self._decide(exchange, tools)
        if exchange.said and reply.words.startswith(exchange.said):
            return replace(reply, words=reply.words[len(exchange.said) :].lstrip())
        return reply

    def _decide(self, exchange: "_Exchange", tools: set[str]) -> _Reply:
        patterns, heard = self._patterns, exchange.heard_words
        if patterns.who_are_you.search(heard):
            return _Reply(self._say(self._phrases.introduction))
        if patterns.insists_on_person.search(heard) or patterns.person.fullmatch(heard):
            return self._hand_off(exchange, tools)
        if (reply := self._to_a_question(exchange, tools)) is not None:
            return reply
        if patterns.goodbye.search(heard) and heard.count(" ") < 8:
            return self._goodbye(tools)
        if found := self._look_up(exchange.heard):
            return _Reply(found)
        if patterns.message.search(heard) or patterns.person_by_name.search(heard):
            return self._hand_off(exchange, tools)
        return self._small_talk(exchange, tools)

    def _to_a_question(self, exchange: "_Exchange", tools: set[str]) -> _Reply | None:
        """Return the reply to "sí" or "no" after our question; None for anything else."""
        phrases, patterns, heard, before = (
            self._phrases,
            self._patterns,
            exchange.heard_words,
            _bare(exchange.before),
        )
        offered = _bare(phrases.offer) in before
        # "si" is "if" as well, and "sure, is there parking?" is a question
        agreed = patterns.yes.fullmatch(heard) or (
            patterns.yes.match(heard) and heard.count(" ") < 6 and not self._look_up(exchange.heard)
        )
        if offered and (agreed or patterns.message.search(heard)):
            return self._hand_off(exchange, tools)
        if patterns.no.fullmatch(heard):
            done = not offered and _bare(phrases.else_question) in before
            return self._goodbye(tools) if done else _Reply(self._say(phrases.anything_else))
        if patterns.yes.fullmatch(heard):
            return _Reply(self._say(phrases.go_on))
        return None

    def _small_talk(self, exchange: "_Exchange", tools: set[str]) -> _Reply:
        phrases, patterns, heard = self._phrases, self._patterns, exchange.heard_words
        is_short = heard.count(" ") < 6
        if patterns.languages.search(heard):
            return _Reply(self._say(phrases.one_language if HAND_OFF in tools else phrases.do_not_know_alone))
        asks_again = is_short and patterns.again.search(heard)
        if asks_again and exchange.before:
            return _Reply(exchange.before)
        if asks_again or patterns.help.search(heard):
            return _Reply(self._say(phrases.can_help))
        if is_short and patterns.thanks.search(heard):
            return _Reply(self._say(phrases.you_are_welcome))
        if not heard or (is_short and patterns.hello.search(heard)):
            return _Reply(self._say(phrases.greeting))
        return self._not_known(exchange, tools)

    def _not_known(self, exchange: "_Exchange", tools: set[str]) -> _Reply:
        """Say so, the first time; then have a message taken, or say it in other words."""
        phrases = self._phrases
        alone = (phrases.do_not_know_alone, phrases.do_not_know_again)
        said = sum(
            _bare(self._say(phrase)) in answer
            for answer in exchange.answers
            for phrase in (phrases.do_not_know, *alone)
        )
        if HAND_OFF not in tools:
            return _Reply(self._say(alone[said % 2]))
        if said:
            return self._hand_off(exchange, tools, phrases.reason_not_known)
        return _Reply(self._say(phrases.do_not_know))

    def _look_up(self, heard: str) -> str:
        question = self._patterns.pleasantry.sub("", _bare(heard))
        if (asked_like_that := self._questions.get(question)) is not None:
            return self._answers[asked_like_that]
        hits = self._index.find(question)
        if not hits:
            return ""
        best = hits[0]
        if best.position < self._first_fact:
            return self._answers[best.position]
        near = [
            hit for hit in hits[:3] if hit.position >= self._first_fact and hit.score >= _NEARLY * best.score
        ]
        return " ".join(self._answers[hit.position] for hit in near)

    def _hand_off(self, exchange: "_Exchange", tools: set[str], reason: str = "") -> _Reply:
        phrases = self._phrases
        if HAND_OFF not in tools:
            return _Reply(self._say(phrases.nobody_here))
        wants_message = self._patterns.message.search(exchange.heard_words)
        reason = reason or (phrases.reason_message if wants_message else phrases.reason_person)
        about = " ".join(part for part in (exchange.question, exchange.heard) if part)
        # No words: the tool knows if somebody can come to the phone, and has its own words for both cases
        return _Reply("", HAND_OFF, (("reason", reason), ("summary", about)))

    def _goodbye(self, tools: set[str]) -> _Reply:
        return _Reply(self._say(self._phrases.farewell), END_CALL if END_CALL in tools else None)

    def _say(self, phrase: str) -> str:
        for name, value in self._named.items():
            phrase = phrase.replace(name, value)
        return phrase


class OfflineStream:
    """An answer, word by word; see ModelStream."""

    def __init__(self, reply: _Reply, pace_s: float, total_s: float) -> None:
        self._reply = reply
        self._pace_s = pace_s
        self._total_s = total_s
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def unhurry(self) -> None:
        """Do nothing: every word is available at once."""

    def gather(self) -> None:
        """Do nothing: every word is available at once."""

    def __iter__(self) -> Iterator[Event]:
        deadline = time.monotonic() + self._total_s
        for number, word in enumerate(re.findall(r"\S+\s*", self._reply.words)):
            if self._cancelled.wait(self._pace_s if number else 0):
                return
            if time.monotonic() > deadline:
                raise IntegrationError("the answer took too long to say", permanent=False, code="timeout")
            yield TextDelta(word)
        if self._cancelled.is_set():
            return
        if self._reply.tool:
            yield ToolCall("call_1", self._reply.tool, dict(self._reply.arguments))
        yield Finish("tool_calls" if self._reply.tool else "stop")


@dataclass(frozen=True, slots=True)
class _Exchange:
    """The conversation before an answer.

    heard: the user's last words. before: the assistant's words before them. question: the user's words before those.
    answers: the assistant's last answers, as bare words. said: the part of this answer already said. failed_tool: a
    tool called by this answer without ending it.
    """

    heard: str = ""
    before: str = ""
    question: str = ""
    said: str = ""
    failed_tool: str = ""
    answers: tuple[str, ...] = ()

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "_Exchange":
        users = [number for number, message in enumerate(messages) if _is_said(message)]
        if not users:
            return cls()
        past, answer = messages[: users[-1]], messages[users[-1] + 1 :]
        said = [message for message in answer if message.get("role") == "assistant"]
        answers = [_bare(_text(message)) for message in past if message.get("role") == "assistant"]
        return cls(
            heard=_text(messages[users[-1]]),
            before=next((_text(m) for m in reversed(past) if m.get("role") == "assistant"), ""),
            question=_text(messages[users[-2]]) if len(users) > 1 else "",
            said=" ".join(filter(None, map(_text, said))).strip(),
            failed_tool=next(
                (call["function"]["name"] for m in said for call in m.get("tool_calls") or ()), ""
            ),
            answers=tuple(answers[-_REMEMBERED:]),
        )

    @property
    def heard_words(self) -> str:
        return _bare(self.heard)


def _is_said(message: Message) -> bool:
    return message.get("role") == "user" and not _text(message).startswith(
        (f"[{NOTES}", f"[{CAMPAIGN}", f"[{CALLED}")
    )


def _text(message: Message) -> str:
    content: Any = message.get("content")
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def _bare(text: str) -> str:
    return " ".join(words(text))
