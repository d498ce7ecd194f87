"""Writes the JSON of requests; pictures in it are encoded while it is sent, so that no request is held whole."""

import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from integrations.pictures import Picture


class PictureBody:
    """A request's JSON around its pictures: iterated over, it is sent. May be iterated again."""

    def __init__(self, words: Sequence[bytes], pictures: Sequence[Picture]) -> None:
        """words: what stands before, between and after the pictures."""
        self._words, self._pictures = words, pictures

    @property
    def length(self) -> int:
        """The bytes of all of it."""
        return sum(map(len, self._words)) + sum(picture.encoded_length for picture in self._pictures)

    def __iter__(self) -> Iterator[bytes]:
        yield self._words[0]
        for picture, words in zip(self._pictures, self._words[1:], strict=True):
            yield from picture.encoded()
            yield words


def written(body: dict[str, Any]) -> bytes | PictureBody:
    """Return a request's JSON; with pictures in it, as pieces."""
    pictures: list[Picture] = []
    place = secrets.token_hex(16)  # which nobody's words can hold

    def placed(value: Any) -> str:
        if not isinstance(value, Picture):
            raise TypeError(f"{type(value).__name__} has no place in a request")
        pictures.append(value)
        return f"data:{value.media_type};base64,{place}"

    words = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=placed).encode()
    return PictureBody(words.split(place.encode()), pictures) if pictures else words
