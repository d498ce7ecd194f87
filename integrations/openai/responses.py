"""Writes the requests of the Responses API from those of Chat Completions.

Format: https://platform.openai.com/docs/api-reference/responses
"""

from collections.abc import Iterator
from typing import Any

from integrations.language_model import Message

_LIMITS = ("max_completion_tokens", "max_tokens")


def responses_body(chat: dict[str, Any]) -> dict[str, Any]:
    """Return the request for a request of Chat Completions; OpenAI is not to keep it."""
    body = {"store": False, **chat, "input": list(_items(chat["messages"]))}
    for name in ("messages", "stream_options"):
        body.pop(name, None)
    for name in _LIMITS:
        if name in body:
            body["max_output_tokens"] = body.pop(name)
    if effort := body.pop("reasoning_effort", None):
        body["reasoning"] = {"effort": effort}
    if tools := body.get("tools"):
        body["tools"] = [{"type": "function", "strict": False, **tool["function"]} for tool in tools]
    return body


def _items(messages: list[Message]) -> Iterator[dict[str, Any]]:
    for message in messages:
        role, content = message["role"], message.get("content")
        if role == "tool":
            yield {
                "type": "function_call_output",
                "call_id": message["tool_call_id"],
                "output": content,
            }
            continue
        if content:
            yield {"role": role, "content": content if isinstance(content, str) else _parts(content)}
        for call in message.get("tool_calls") or ():
            yield {"type": "function_call", "call_id": call["id"], **call["function"]}


def _parts(content: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_part(part) for part in content]


def _part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] != "image_url":
        return {"type": "input_text", "text": part["text"]}
    image = part["image_url"]
    return {"type": "input_image", "image_url": image["url"], "detail": image.get("detail", "auto")}
