"""Finds images in prompts, and removes them for servers without image support."""

from collections.abc import Sequence

from integrations.language_model import Message

_REFUSALS = frozenset({400, 413, 415, 422, 501})
NOT_SHOWN = "[the picture could not be shown to the assistant]"


def has_images(messages: Sequence[Message]) -> bool:
    """Return whether a prompt has an image."""
    return any(isinstance(message.get("content"), list) for message in messages)


def refuses_pictures(status: int, message: str) -> bool:
    """Return whether a refusal may be about an image. Some servers answer an image with an internal error."""
    return status in _REFUSALS or (status == 500 and "image" in message.lower())


def without_images(messages: Sequence[Message]) -> list[Message]:
    """Return the prompt with a note in place of each image."""
    return [_in_words(message) for message in messages]


def _in_words(message: Message) -> Message:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    words = [str(part["text"]) for part in content if part.get("type") == "text"]
    return {**message, "content": "\n".join([*words, NOT_SHOWN])}
