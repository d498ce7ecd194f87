"""Replies of the Responses API, as lists of steps: its events in the order in which OpenAI sends them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.openai.replies import Reply, tokens_of
from tests.fakes.openai.steps import Send

Call = tuple[str, str, Mapping[str, Any]]
"""An id, a tool's name and its arguments."""


def text(
    content: str,
    *,
    thought: str = "",
    calls: Sequence[Call] = (),
    status: str = "completed",
    reason: str = "",
) -> Reply:
    """An answer in words, a token each, after a thought and before calls. reason: why it is incomplete."""
    steps = [_event("response.created", response=_response("in_progress"))]
    steps += [_event("response.in_progress", response=_response("in_progress"))]
    output: list[dict[str, Any]] = []
    if thought:
        item = {"id": "rs_1", "type": "reasoning", "summary": []}
        steps += _item_events(len(output), item, [_event("response.reasoning_text.delta", delta=thought)])
        output.append(item)
    if content:
        item = {"id": "msg_1", "type": "message", "role": "assistant", "content": [_part(content)]}
        steps += _item_events(len(output), item, _text_events(content))
        output.append(item)
    for call_id, name, arguments in calls:
        item = _call(call_id, name, json.dumps(arguments, ensure_ascii=False))
        steps += _item_events(len(output), item, _argument_events(item))
        output.append(item)
    ended = _response(
        status, output=output, usage={"input_tokens": 100, "output_tokens": 6, "total_tokens": 106}
    )
    if reason:
        ended["incomplete_details"] = {"reason": reason}
    return Reply([*steps, _event(f"response.{status}", response=ended)])


def failed(code: str = "server_error", *, after: str = "") -> Reply:
    """A response that fails after some words."""
    error = {"code": code, "message": "The model failed to generate a response."}
    return Reply([*_text_events(after), _event("response.failed", response=_response("failed", error=error))])


def error_event(code: str = "rate_limit_exceeded") -> Reply:
    """A stream that is nothing but an error."""
    return Reply([_event("error", code=code, message="Too many requests.", param=None)])


def cut(content: str) -> Reply:
    """Words without an end."""
    return Reply(_text_events(content))


def _text_events(content: str) -> list[Send]:
    if not content:
        return []
    deltas = [_event("response.output_text.delta", tokens=1, delta=token) for token in tokens_of(content)]
    added = _event("response.content_part.added", part=_part(""))
    return [
        added,
        *deltas,
        _event("response.output_text.done", text=content),
        _event("response.content_part.done", part=_part(content)),
    ]


def _argument_events(item: dict[str, Any]) -> list[Send]:
    written = item["arguments"]
    deltas = [written[start : start + 7] for start in range(0, len(written), 7)]
    return [
        *(_event("response.function_call_arguments.delta", delta=delta) for delta in deltas),
        _event("response.function_call_arguments.done", arguments=written),
    ]


def _item_events(index: int, item: dict[str, Any], inner: Sequence[Send]) -> list[Send]:
    begun = {**item, "arguments": ""} if "arguments" in item else {**item, "content": []}
    return [
        _event("response.output_item.added", output_index=index, item=begun),
        *inner,
        _event("response.output_item.done", output_index=index, item=item),
    ]


def _call(call_id: str, name: str, written: str) -> dict[str, Any]:
    return {
        "id": f"fc_{call_id}",
        "type": "function_call",
        "status": "completed",
        "call_id": call_id,
        "name": name,
        "arguments": written,
    }


def _part(content: str) -> dict[str, Any]:
    return {"type": "output_text", "text": content, "annotations": [], "logprobs": []}


def _response(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_fake",
        "object": "response",
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": "fake-model",
        "output": [],
        "usage": None,
        **fields,
    }


def _event(kind: str, *, tokens: int = 0, **fields: Any) -> Send:
    body = json.dumps({"type": kind, "sequence_number": 0, **fields}, ensure_ascii=False)
    return Send(f"event: {kind}\ndata: {body}\n\n".encode(), tokens)
