"""What all readers of a stream share: the answer's words, its calls, its cost and its end."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from integrations.language_model import Event, Finish, TextDelta, ToolCall, Usage
from integrations.openai.reading.server_sent_events import DONE, UnreadableStreamError
from integrations.openai.reading.spoken_text import SpokenText
from integrations.openai.reading.tool_calls import ToolCalls

_REASONS = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence", "completed"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "model_length", "max_output_tokens"), "length"),
    **dict.fromkeys(("tool_calls", "tool_use", "function_call"), "tool_calls"),
    **dict.fromkeys(("content_filter", "safety", "recitation", "sensitive", "refusal"), "content_filter"),
}
"""Chat Completions' names for the reasons that servers give."""

_FAILURES = frozenset(
    {"error", "abort", "cancelled", "network_error", "insufficient_system_resource", "failed"}
)
"""Reasons that say that the answer broke off."""

_COMPLETE = frozenset({"stop", "tool_calls"})
_PROMPT = ("prompt_tokens", "input_tokens", "prompt_eval_count")
_COMPLETION = ("completion_tokens", "output_tokens", "eval_count")
_PROMPT_DETAILS = ("prompt_tokens_details", "input_tokens_details")
_CACHED = ("cached_tokens", "prompt_cache_hit_tokens")
_MOST_TOKENS = 10**12


class ErrorInStreamError(Exception):
    """The server sent an error object in the middle of a stream. code: the server's, if any. error: the object."""

    def __init__(self, error: Any) -> None:
        self.code = error.get("code") if isinstance(error, dict) else None
        self.error = error
        super().__init__(self.code or "no code")


class AnswerReader:
    """Assembles the events of one stream.

    begun: whether the model has sent anything, even a thought or part of a tool's name. usage: the last one received.
    tools: the names of those that were offered. thinks_first: see SpokenText.
    """

    def __init__(self, tools: Collection[str] = (), *, thinks_first: bool | None = False) -> None:
        self.begun = False
        self.usage: Usage | None = None
        self.text = SpokenText(tools, thinks_first=thinks_first)
        self.calls = ToolCalls()
        self.reason: str | None = None
        """The reason for the end, as the server gave it."""
        self.is_done = False
        """Whether the server has said that nothing more comes."""

    @property
    def is_over(self) -> bool:
        """Whether the model has ended its answer, as far as the chunks say."""
        return self.is_done

    @property
    def is_ending(self) -> bool:
        """Whether nothing can follow but the cost of the answer."""
        return self.is_done

    @property
    def is_complete(self) -> bool:
        """Whether the model has ended its answer where it wanted to."""
        reason = _reason(self.reason)
        return self.is_over and (reason is None or reason in _COMPLETE)

    def read(self, payloads: Iterable[bytes]) -> Iterator[TextDelta]:
        """Yield the words of chunks that arrived together, as one.

        Raises UnreadableStreamError and ErrorInStreamError, after the readable words.
        """
        text, failure = "", None
        try:
            for payload in payloads:
                if payload == DONE:
                    self.is_done = True
                    break
                text += self._piece_of(payload)
        except (UnreadableStreamError, ErrorInStreamError) as error:
            failure = error
        if text and (words := self.text.feed(_without_surrogates(text))):
            yield TextDelta(words)
        if failure:
            raise failure

    def end(self) -> Iterator[Event]:
        """Yield the last words and, unless the answer broke off, its calls and its Finish."""
        reason = _reason(self.reason)
        is_whole = self.is_over and reason not in _FAILURES
        if words := self.text.finish(whole=self.is_complete):
            yield TextDelta(words)
        if is_whole:
            calls = self._all_calls()
            yield from calls
            yield Finish(reason or ("tool_calls" if calls else "stop"))

    def read_chunk(self, chunk: dict[str, Any]) -> str:
        """Return the text of a chunk, thoughts and markers included."""
        raise NotImplementedError

    def _piece_of(self, payload: bytes) -> str:
        try:
            return self.read_chunk(json.loads(payload.decode(errors="replace")))
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError) as error:
            raise UnreadableStreamError("not a chunk") from error

    def _all_calls(self) -> list[ToolCall]:
        """Return the calls, and those written as text that are not among them."""
        calls = self.calls.whole()
        for name, arguments in self.text.calls:
            if not any((call.name, call.arguments) == (name, arguments) for call in calls):
                calls.append(ToolCall(f"call_{len(calls) + 1}", name, arguments))
        return calls


def usage_of(value: Any) -> Usage | None:
    """Return the tokens that a server counted, under whichever names; None if there are none."""
    if not isinstance(value, Mapping):
        return None
    prompt, completion = _count(value, _PROMPT), _count(value, _COMPLETION)
    if prompt is None and completion is None:
        return None
    details = next((value[name] for name in _PROMPT_DETAILS if isinstance(value.get(name), Mapping)), value)
    return Usage(prompt or 0, completion or 0, _count(details, _CACHED) or 0)


def _count(value: Mapping[str, Any], names: Iterable[str]) -> int | None:
    for name in names:
        count = value.get(name)
        if isinstance(count, int | float) and 0 <= count < _MOST_TOKENS:
            return int(count)
    return None


def text_of(content: Any) -> str:
    """Return the text of a message's content: a string, a part or a list of parts, of which thoughts have none.

    Raises TypeError for anything else.
    """
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        raise TypeError("no content of a message")
    return "".join(map(_text_of_part, content))


def _text_of_part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if part.get("type", "text") not in ("text", "output_text", "refusal"):
        return ""
    text = part.get("text") or part.get("refusal") or ""
    return text if isinstance(text, str) else str(text.get("value") or "")


def _reason(given: str | None) -> str | None:
    return None if given is None else _REASONS.get(given.lower(), given.lower())


def _without_surrogates(text: str) -> str:
    """Return the text without lone surrogates, which cannot be stored or sent."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text
