"""What a server said in place of an answer, for the log: short, without what the request held, without keys."""

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from integrations.json_models import dict_of
from integrations.language_model import Message

_MOST_READ = 2000
_MOST_SAID = 300
_LEFT_OUT = "…"
_TOKEN = re.compile(r"\s+|[^\W_]+|[\W_]")
_SECRET = re.compile(
    r"\S*\*{3}\S*"  # a key that is partly hidden
    r"|\bsk[-_][\w-]+|\b(?:pk|gsk|key|xai|hf)[-_][\w-]{4,}"
    r"|\bBearer\s+\S+"
    r"|https?://\S+"
    r"|\S+@\S+"
    r"|\+?\d[\d\s().-]{6,}\d"
    r"|\b(?=\w*\d)(?=\w*[A-Za-z])\w{20,}|\S{60,}",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SHORT = 2
_QUOTE_WORDS = 3
_QUOTE_MARKS = "\"'`.,:;()[]{}«»“”"
_LOGIN = re.compile(r"log[- ]?in|sign[- ]?in|password|single sign-on|\bsso\b", re.IGNORECASE)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)

_COMMON = frozenset(Path(__file__).with_name("error_words.txt").read_text(encoding="ascii").split())
"""Words of servers' errors. They may stand, whether or not the request had them as well."""


class ServerWords:
    """Quotes a server's text without what people said.

    messages: of the request. secrets: keys that were sent.
    """

    def __init__(self, messages: Sequence[Message], secrets: Iterable[str | None] = ()) -> None:
        self._messages = messages
        self._secrets = [secret.casefold() for secret in secrets if secret]

    def quote(self, said: Any, *, is_error: bool = True) -> str:
        """Return what may be kept of an error's text, a page or an object; "" if nothing.

        Each word that the request held is left out, unless it is a common one of errors, and so is what looks like
        a key, an address or a phone number. is_error: False for a text that may be an answer; of that, only
        the common words of errors are kept.
        """
        text = _text_of(said)
        if _PAGE.match(text):
            return self._page(text)
        return self._safe(text, only_common=not is_error)

    def _page(self, page: str) -> str:
        found = _Page()
        with suppress(AssertionError):  # the parser's own, on some malformed declarations
            found.feed(page)
        kind = "a login page" if found.asks_password or _LOGIN.search(found.title) else "a web page"
        title = self._safe(found.title)
        return f'{kind}, "{title}"' if title else kind

    def _safe(self, text: str, *, only_common: bool = False) -> str:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text[:_MOST_READ])
        text = _SECRET.sub(_LEFT_OUT, " ".join(text.split()))
        held = " ".join(_request_text(self._messages).casefold().split())
        text = _without_quotes(text, held)
        tokens = _TOKEN.findall(text)
        if only_common:
            tokens = [token if _is_common(token) else _LEFT_OUT for token in tokens]
        kept = "".join(token if self._may_stand(token, held) else _LEFT_OUT for token in tokens)
        kept = re.sub(rf"{_LEFT_OUT}(?:[\W_]*{_LEFT_OUT})+", _LEFT_OUT, kept).strip()
        return kept if len(kept) <= _MOST_SAID else kept[:_MOST_SAID] + _LEFT_OUT

    def _may_stand(self, token: str, held: str) -> bool:
        word = token.casefold()
        if _is_common(word):
            return True
        if len(word) > _SHORT and any(word in secret for secret in self._secrets):
            return False
        is_short = len(word) <= _SHORT and word.isascii()
        return is_short or word not in held


def _is_common(token: str) -> bool:
    return not token.isalnum() or token.casefold() in _COMMON


def _without_quotes(text: str, held: str) -> str:
    """Leave out what the request said word by word, even if each word is a common one."""
    words = text.split(" ")
    quoted: set[int] = set()
    for at in range(len(words) - _QUOTE_WORDS + 1):
        if " ".join(words[at : at + _QUOTE_WORDS]).casefold().strip(_QUOTE_MARKS) in held:
            quoted.update(range(at, at + _QUOTE_WORDS))
    return " ".join(_LEFT_OUT if at in quoted else word for at, word in enumerate(words))


def _request_text(messages: Sequence[Message]) -> str:
    texts: list[str] = []
    for message in messages:
        content = message.get("content")
        parts = content if isinstance(content, list) else [content]
        texts += [part if isinstance(part, str) else str(dict_of(part).get("text", "")) for part in parts]
        texts += [str(call) for call in message.get("tool_calls") or ()]
    return "\n".join(texts)


def _text_of(said: Any) -> str:
    """Return an error's text: of an object, its message; of JSON in a string likewise."""
    if isinstance(said, str):
        try:
            inner = json.loads(said)
        except (ValueError, RecursionError):
            return said
        return _text_of(inner) if isinstance(inner, dict | list) else said
    if isinstance(said, list):
        return "; ".join(map(_text_of, said[:3]))
    if not isinstance(said, dict):
        return "" if said is None else str(said)
    for key in ("error", "message", "detail", "msg", "error_description", "title"):
        if said.get(key):
            return _text_of(said[key])
    return f"an object with {', '.join(map(str, list(said)[:8]))}" if said else ""


class _Page(HTMLParser):
    """A page's title, or its first heading, and whether it asks for a password."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.asks_password = False
        self._reads = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._reads = tag in ("title", "h1") and not self.title
        self.asks_password = self.asks_password or ("type", "password") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._reads = self._reads and tag not in ("title", "h1")

    def handle_data(self, data: str) -> None:
        if self._reads:
            self.title += data
