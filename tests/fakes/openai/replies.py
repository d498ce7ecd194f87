"""Replies that a Chat Completions server gives, good and bad, as lists of steps.

A mode that is missing here can be scripted in the test that needs it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakes.openai.steps import Drop, Hang, IfAsked, Pause, Send, Step

DONE = "[DONE]"


@dataclass(frozen=True)
class Reply:
    """What is answered to one request. chunked=False: the body's end is the connection's end."""

    steps: Sequence[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"Content-Type": "text/event-stream; charset=utf-8"}
    )
    before_headers: Sequence[Step] = ()
    chunked: bool = True

    def then(self, *steps: Step) -> "Reply":
        """The same reply with steps added at its end."""
        return Reply((*self.steps, *steps), self.status, self.headers, self.before_headers, self.chunked)


Replier = Callable[[Any], Reply]
"""Replies to the body of a request."""

# --- replies


def text(
    content: str,
    *,
    first_token_s: float = 0.0,
    tokens_per_s: float | None = None,
    usage: bool = True,
    finish: str | None = "stop",
    done: bool = True,
    noise: Sequence[Step] = (),
) -> Reply:
    """An answer in words, a token each. usage: only where the request asks for it, as the real one does.

    finish=None, done=False: the silent cut. noise: steps sent before the first token.
    """
    steps: list[Step] = [Pause(first_token_s)] if first_token_s else []
    steps.append(Send(chunk({"role": "assistant", "content": ""})))
    steps += noise
    for number, token in enumerate(tokens_of(content)):
        if number and tokens_per_s:
            steps.append(Pause(1 / tokens_per_s))
        steps.append(Send(chunk({"content": token}), tokens=1))
    steps += ending(finish, usage=usage, tokens=len(tokens_of(content)), done=done)
    return Reply(steps)


def stalled(content: str, *, thought: str = "") -> Reply:
    """Words, and then nothing more on an open connection.

    thought: sent before, in a field of its own: the words are then no thought, whatever is known of the model.
    """
    noise = [Send(chunk({"reasoning_content": thought}))] if thought else []
    return text(content, finish=None, done=False, noise=noise).then(Hang())


def tool_call(
    name: str,
    arguments: Mapping[str, Any] | str,
    *,
    call_id: str = "call_1",
    said: str = "",
    pieces: int = 4,
) -> Reply:
    """A tool called, its arguments in pieces; pieces=1: whole in one chunk, as Ollama sends it."""
    return tool_calls([(call_id, name, arguments)], said=said, pieces=pieces)


def tool_calls(
    calls: Sequence[tuple[str, str, Mapping[str, Any] | str]], *, said: str = "", pieces: int = 4
) -> Reply:
    """Several tools called in one answer, each `(call_id, name, arguments)`."""
    steps: list[Step] = [Send(chunk({"role": "assistant", "content": None}))]
    steps += [Send(chunk({"content": token}), tokens=1) for token in tokens_of(said)]
    for index, (call_id, name, arguments) in enumerate(calls):
        written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        steps += [
            Send(chunk({"tool_calls": [part]}), tokens=1)
            for part in call_parts(index, call_id, name, written, pieces)
        ]
    steps += ending("tool_calls", usage=True, tokens=20, done=True)
    return Reply(steps)


def call_parts(index: int, call_id: str, name: str, written: str, pieces: int) -> Iterator[dict[str, Any]]:
    """The deltas of one tool call: id and name in the first alone."""
    first = {"index": index, "id": call_id, "type": "function"}
    if pieces == 1:
        yield {**first, "function": {"name": name, "arguments": written}}
        return
    yield {**first, "function": {"name": name, "arguments": ""}}
    size = max(1, -(-len(written) // (pieces - 1)))
    for start in range(0, len(written), size):
        yield {"index": index, "function": {"arguments": written[start : start + size]}}


def empty() -> Reply:
    """An answer with no words."""
    return text("")


def reasoning(thought: str, content: str) -> Reply:
    """Deltas of reasoning, as other servers name them, before the words."""
    thoughts = [
        Send(chunk({key: token}))
        for token in tokens_of(thought)
        for key in ("reasoning", "reasoning_content")
    ]
    return text(content, noise=thoughts)


def error_in_stream(
    message: str = "The server had an error.", *, after: str = "", code: str = "server_error"
) -> Reply:
    """A stream that turns into an error object after some words."""
    body = {"error": {"message": message, "type": "server_error", "param": None, "code": code}}
    return text(after, finish=None, done=False).then(Send(data(json.dumps(body))))


def garbage(line: bytes = b'data: {"choices": [{"del\n\n', *, after: str = "") -> Reply:
    """A line that is not what it should be, after some words."""
    return text(after, finish=None, done=False).then(Send(line))


def html(status: int = 200) -> Reply:
    """A page, as a proxy or a captive portal sends it."""
    page = b"<!DOCTYPE html>\n<html><body><h1>Bad gateway</h1></body></html>\n"
    return Reply([Send(page)], status, {"Content-Type": "text/html"})


def error(
    status: int,
    message: str = "The server had an error.",
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """An HTTP error with the body that OpenAI gives it."""
    body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}
    return json_reply(body, status, headers)


def json_reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON body, such as another server's shape of error."""
    return Reply(
        [Send(json.dumps(body).encode())], status, {"Content-Type": "application/json", **(headers or {})}
    )


def invalid_key() -> Reply:
    """401 as OpenAI words it, with a made-up key."""
    return error(401, "Incorrect API key provided: sk-bad.", code="invalid_api_key")


def rate_limited(retry_after_ms: int | None = None) -> Reply:
    """429 that passes by itself."""
    headers = {} if retry_after_ms is None else {"retry-after-ms": str(retry_after_ms)}
    return error(429, "Rate limit reached for requests.", code="rate_limit_exceeded", headers=headers)


def out_of_quota() -> Reply:
    """429 that only paying ends."""
    return error(429, "You exceeded your current quota.", code="insufficient_quota")


def unknown_parameter(name: str) -> Reply:
    """400 as OpenAI refuses a parameter that the model does not take."""
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return error(400, message, code="unsupported_parameter", param=name)


def hang_before_headers() -> Reply:
    """The request is taken and nothing ever answered."""
    return Reply(before_headers=[Hang()])


def dripping_comments(every_s: float = 0.05, *, after: str = "", seconds: float = 30.0) -> Reply:
    """Keep-alive comments without end, which no timeout per read ever ends."""
    drip: list[Step] = [Pause(every_s), Send(b": keep-alive\n\n")]
    return text(after, finish=None, done=False).then(*drip * int(seconds / every_s))


def dropped(after: str | None = None) -> Reply:
    """The connection closed: before any answer, or in the middle of one."""
    if after is None:
        return Reply(before_headers=[Drop()])
    return text(after, finish=None, done=False).then(Drop())


def unframed(content: str) -> Reply:
    """A stream with neither chunks nor length that ends with its connection, without a finish_reason."""
    cut = text(content, finish=None, done=False)
    return Reply(cut.steps, chunked=False)


# --- pieces of replies


def tokens_of(content: str) -> list[str]:
    """Words, each with the space before it."""
    return re.findall(r"\s*\S+|\s+$", content)


def data(payload: str) -> bytes:
    """One server-sent event."""
    return f"data: {payload}\n\n".encode()


def chunk(delta: Mapping[str, Any], finish: str | None = None, **fields: Any) -> bytes:
    """One chat.completion.chunk, as long as a real one."""
    choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish}
    body = {
        "id": "chatcmpl-fake0000000000000000000000000",
        "object": "chat.completion.chunk",
        "created": 1795255200,
        "model": "fake-model",
        "service_tier": "default",
        "system_fingerprint": "fp_fake",
        "choices": [choice],
        "usage": None,
        "obfuscation": "aB3dE5gH",
        **fields,
    }
    return data(json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def usage_chunk(prompt_tokens: int, completion_tokens: int) -> bytes:
    """The chunk with no choices that include_usage adds."""
    total = prompt_tokens + completion_tokens
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}
    return chunk({}, choices=[], usage=usage)


def ending(finish: str | None, *, usage: bool, tokens: int, done: bool) -> list[Any]:
    """The last chunks: finish_reason, usage and [DONE]."""
    steps: list[Any] = []
    if finish is not None:
        steps.append(Send(chunk({}, finish)))
    if usage and finish is not None:
        steps.append(IfAsked(Send(usage_chunk(100, tokens))))
    if done:
        steps.append(Send(data(DONE)))
    return steps


def transcript(said: str, *, after_s: float = 0) -> Reply:
    """What was said in a recording, as gpt-transcribe answers, after so many seconds."""
    reply = json_reply({"text": said, "languages": [], "usage": {"type": "duration", "seconds": 2}})
    return replace(reply, before_headers=[Pause(after_s)])
