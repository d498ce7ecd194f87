"""Splits a model's stream of tokens into sentences, each returned as soon as its end is certain.

The sentences, joined, equal the input: nothing is cleaned here (see text_for_tts.py). Their boundaries depend on the
text alone, never on its tokens: each decision is made at a character already seen, on the characters up to it.
"""

import re

from conversation.speech.languages import abbreviations
from conversation.speech.rules.markup import begins_code

LONGEST_SENTENCE = 240
"""Characters after which a sentence without an end is split at a clause or a space, so that speech goes on."""

_PICTURES = "\u2190-\u21ff\u2300-\u2bff\u200d\ufe0e\ufe0f\U0001f000-\U0001faff"
_NEWLINES = "\n\r\u2028\u2029"
# Possessive quantifiers and the anchors keep every search linear. Whitespace belongs to the sentence before
# it, so its run has to be over: where the text stops first, "open" matches, and the next character decides.
_ENDINGS = re.compile(
    rf"([.!?…]++)([\"'’”»)\]}}*_`~{_PICTURES}]*+)(?:(\s++)(?=\S)|(?=[¿¡])|(?P<open>\s*+\Z))"
    rf"|(?<=\S)[^\S{_NEWLINES}]*+[{_NEWLINES}]\s*+(?=\S)"
    r"|(?<=\S)(?P<blank>\s++\Z)"
)
_MAY_END = re.compile(rf"[.!?…{_NEWLINES}]")
_NEWLINE = re.compile(rf"[{_NEWLINES}]")
_INK = re.compile(r"\S")
_SPACE = re.compile(r"\s")
_CLAUSE = re.compile(r"[,;:)—–]\s++(?=\S)")
_LAST_WORD = re.compile(r"[\w.]+\Z")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")  # e.g, a.m, J.R, EE.UU
_MERIDIEM_OR_UNIT = re.compile(r"(?:\d ?|\b[ap]\. ?)[^\W\d_]\Z")  # "p. m", "10 h"
_LIST_NUMBER = re.compile(r"(?:\A[\s*_#>+\-•(]*|:\s)\d{1,3}\Z")

_GOES_ON = frozenset(",;:.!?…)]}»%")
_INSIDE = frozenset("([{€$£%&=<>/+-–—#")

_NO_LINE = re.compile(r"[\s>#*_+•-]*(?:\d{1,3}[.)]|[0-9#*]\ufe0f?\u20e3)[\s*_]*")
"""A list's number without its item, which stands on the next line."""
_FENCE = re.compile(r"(?:`{3,8}|~{3,8})[^\S\n]{0,3}[^\s`~]{0,30}[^\S\n]{0,3}(?:(\n)|\Z)|(?:`{1,2}|~{1,2})\Z")
_LONGEST_FENCE = 45
_FENCE_END = re.compile(r"\n[^\S\n]*(?:`{3,}|~{3,})[^\S\n]*(?:(\n)\s*(?=\S)|\s*\Z)")
_LOOKED_AT = 64  # characters before a full stop that decide what it is
_LONGEST_CODE = 4000


class SentenceCutter:
    """Cuts one stream of text into sentences. For one thread; after finish() it begins anew.

    The pieces, put together, are the text exactly; none is only whitespace, and whitespace belongs to
    the piece before it (at the very beginning, to the first). A text of whitespace alone gives nothing.
    A sentence is certain at the first character after its whitespace, which with the tokens that models
    send (" Word") is the token after its full stop. Time is linear in the text, however it is split.

    longest: characters of a sentence without an end before it is cut at a clause or a space. longest_word: those of
    a word before that is cut; twice as many by default.
    """

    def __init__(self, longest: int = LONGEST_SENTENCE, longest_word: int | None = None) -> None:
        if longest < 1:
            raise ValueError("longest must be at least 1")
        self._longest = longest
        self._longest_word = longest_word or 2 * longest
        self._tokens: list[str] = []
        self._length = 0
        self._judged = 0  # endings that begin before this were looked at, and are none
        self._calm = True  # no ending is waiting for the next character

    def feed(self, text: str) -> list[str]:
        """Take the next token, of any length; return the sentences whose end is now certain."""
        self._length += len(text)
        self._tokens.append(text)
        if self._calm and self._length <= self._longest and not _MAY_END.search(text):
            return []
        if not text or text.isspace():
            self._calm = False
            return []
        return self._cut()

    def finish(self) -> list[str]:
        """End the text; return the remaining piece, if any."""
        rest = "".join(self._tokens)
        self._tokens, self._length, self._judged, self._calm = [], 0, 0, True
        return [rest] if rest and not rest.isspace() else []

    def _cut(self) -> list[str]:
        text = "".join(self._tokens)
        pieces, start = [], 0
        while (end := self._next_end(text, start)) is not None:
            pieces.append(text[start:end])
            start = self._judged = end
        self._tokens = [text[start:]]
        self._length = len(text) - start
        self._judged -= start
        return pieces

    def _next_end(self, text: str, start: int) -> int | None:
        """Return the end of the piece that begins at start; None while it is uncertain."""
        ink = _INK.search(text, start)
        if ink is None:
            return None
        may_be_code = text[ink.start()] in "`~" and self._longest > _LONGEST_FENCE
        fence = _FENCE.match(text, ink.start()) if may_be_code else None
        if fence and not fence[1]:
            self._calm = False  # its line may go on
            return None
        if fence and begins_code(fence[0].rstrip()):
            return self._code_end(text, fence)
        too_long = _INK.search(text, ink.start() + self._longest)
        seen = too_long.end() if too_long else len(text)
        self._calm = True
        for ending in _ENDINGS.finditer(text, max(ink.start(), self._judged), seen):
            if ending["open"] is not None or ending["blank"]:
                self._calm = False
                self._judged = ending.start()
                break
            if _is_end(text, start, ending):
                return ending.end()
        else:
            self._judged = seen
        return self._forced_end(text, ink.start(), too_long.start()) if too_long else None

    def _code_end(self, text: str, fence: re.Match[str]) -> int | None:
        """Return the end of a block of code, which is one piece and never said; None while it goes on."""
        self._calm = False
        last = fence.start() + _LONGEST_CODE
        if end := _FENCE_END.search(text, max(fence.end() - 1, self._judged), last):
            return end.end() if end[1] else None
        self._judged = max(fence.end() - 1, text.rfind("\n"))
        return last if len(text) > last else None

    def _forced_end(self, text: str, ink: int, seen: int) -> int | None:
        if end := _last_break(text, ink, seen, ink + self._longest // 3):
            return end
        hard = ink + self._longest_word
        if space := _SPACE.search(text, seen, hard + 1):
            after = _INK.search(text, space.start())
            return after.start() if after else None
        return hard if len(text) > hard else None


def _last_break(text: str, ink: int, seen: int, first_clause: int) -> int | None:
    """Return the start of the last clause of an unfinished text, or of its last word, which contains `seen`."""
    words = text[ink : seen + 1].rsplit(None, 1)
    if len(words) == 1:
        return None
    clauses = [clause.end() for clause in _CLAUSE.finditer(text, first_clause, seen + 1)]
    return clauses[-1] if clauses else seen + 1 - len(words[1])


def _is_end(text: str, start: int, ending: re.Match[str]) -> bool:
    marks, closers, gap = ending.group(1, 2, 3)
    if marks is None or (gap and _NEWLINE.search(gap)):
        return not _NO_LINE.fullmatch(text, start, ending.end())
    following = text[ending.end()]
    if following in _GOES_ON:
        return False
    if "!" in marks or "?" in marks:
        return not (closers and following.islower())  # «¿Viene?» preguntó
    if len(marks) > 1 or marks == "…":
        return not following.islower()
    return _full_stop_ends(text[max(start, ending.start() - _LOOKED_AT) : ending.start()], following)


def _full_stop_ends(before: str, following: str) -> bool:
    found = _LAST_WORD.search(before[-24:])
    word = found[0].strip("_") if found else ""
    lower = word.lower()
    if lower in abbreviations("never_last") or (
        lower in abbreviations("before_a_number") and following.isdigit()
    ):
        return False
    if lower in abbreviations("sometimes_last"):
        return _can_begin(following)
    if (len(word) == 1 and word.isalpha()) or _DOTTED.fullmatch(word):
        return _letter_ends(before, word, following)
    if word.isdigit() and _LIST_NUMBER.search(before):
        return False
    is_ordinary = len(word) >= 3 and word.islower() and word[-3:].isalpha()
    return is_ordinary or not following.islower()  # "Ayto. de Madrid": an abbreviation nobody listed


def _letter_ends(before: str, word: str, following: str) -> bool:
    """Initials ("J. Pérez", "D. Juan") do not end a sentence; "a. m." and "10 h." may."""
    if word[0].isupper():
        return False
    return bool(len(word) > 1 or _MERIDIEM_OR_UNIT.search(before)) and _can_begin(following)


def _can_begin(following: str) -> bool:
    return not (following.islower() or following.isdigit() or following in _INSIDE)
