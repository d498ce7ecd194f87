"""E-mail and web addresses: "arroba", "punto", "barra"."""

import re

from conversation.speech.languages import Language

_EMAIL = re.compile(r"(?<![\w.+-])(?:mailto:)?([\w.+-]++@(?:[\w-]++\.)+[A-Za-z]{2,})")
_WEB = re.compile(
    r"(?<![\w@.-])(?:(?:https?://|www\.)[^\s<>\"'`()\[\]{}|*,;«»“”]+|(?:[\w-]{1,63}\.){1,4}"
    r"(?:com|net|org|es|eu|info|biz|io|app|dev|shop|online|store|cat|gal|eus|mx|ar|br|pt|cl|pe|us|uk)(?![\w-]|\.\w)"
    r"(?:/[^\s<>\"'`()\[\]{}|*,;«»“”]*)?|[\w-]{1,63}\.(?:me|ly|page|link|gl|co|ai)(?=/\w)"
    r"(?:/[^\s<>\"'`()\[\]{}|*,;«»“”]*)?)"
)
_SCHEME = re.compile(r"\A(?:https?://)?(?:www\.)?")
_LONGEST_PATH = 60  # characters of a link beyond its host that somebody can follow by ear


class Addresses:
    """A language's names for the signs in addresses. A link's query, and a path too long to follow, are left out."""

    def __init__(self, language: Language) -> None:
        self._signs = {sign: language.words.signs[sign] for sign in "./-_@+"}

    def __call__(self, text: str) -> str:
        if "@" in text:
            text = _EMAIL.sub(lambda found: self._said(found[1]), text)
        if "." in text[:-1] or "://" in text:
            text = _WEB.sub(lambda found: self._web(found[0]), text)
        return text

    def _web(self, link: str) -> str:
        address = link.rstrip(".,:;!?…_~-/#=&")
        after = "".join(character for character in link[len(address) :] if character in ".,:;!?…")
        host, _, path = _SCHEME.sub("", re.split(r"[?#]", address, maxsplit=1)[0]).partition("/")
        path = path.rstrip("/")
        return self._said(f"{host}/{path}" if 0 < len(path) <= _LONGEST_PATH else host) + after

    def _said(self, address: str) -> str:
        return "".join(
            character
            if character.isalnum()
            else f" {self._signs[character]} "
            if character in self._signs
            else " "
            for character in re.sub(r"%[0-9A-Fa-f]{2}", " ", address)
        )
