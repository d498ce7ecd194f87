"""Takes out of an answer's text what is not said: thoughts, channels, special tokens, and tool calls as text.

Words are passed on at once. Held back is only what may still turn out to be the beginning of a marker or of a call.
"""

import re
from collections.abc import Collection

from integrations.openai.reading.markers import (
    FIRST_LETTERS,
    HIDDEN_MESSAGE,
    NOTHING,
    OPENERS,
    THOUGHT_ENDS,
    Block,
    Kind,
    held_back,
    marker_at,
    message_of,
)
from integrations.openai.reading.written_calls import (
    Call,
    calls_of_json,
    calls_of_text,
    json_at,
    may_be_json_call,
)

_LONGEST_CALL = 16_000
_LONGEST_HEADER = 200
_FENCE = "```"
_FENCE_BEGUN = re.compile(r"```\w{0,12}\s{0,8}|`{1,2}")
_BETWEEN = " \t\r\n,;"
_LOST_CHANNEL = "analysis"
"""How an answer of gpt-oss begins where its special tokens were left out: "analysisThe user ...assistantfinal"."""
_LOST_CHANNELS = tuple(_LOST_CHANNEL[:length] for length in range(1, len(_LOST_CHANNEL) + 1))
_TO_THE_END = Block(Kind.THOUGHT)


class SpokenText:
    """The words of one answer, whose text is fed piece by piece, cut anywhere.

    tools: the names that were offered. thinks_first: the answer begins inside a thought; None: it may, and its
    words can wait.
    """

    def __init__(self, tools: Collection[str] = (), *, thinks_first: bool | None = False) -> None:
        self.calls: list[Call] = []
        """The tool calls found so far."""
        self.began_in_thought = False
        """Whether a thought ended that had not begun: the next answer will begin with one as well."""
        self._tools = tools
        self._thinks_first = thinks_first
        self._unsure: str | None = None if thinks_first is False else ""
        self._held = ""
        self._said: list[str] = []
        self._last = self._before = ""
        """The last character said, now and before the text that is being read."""
        self._block: Block | None = None
        self._inside = ""
        self._cut_out = False
        """Whether something was taken out just before."""
        self._gap = False
        """Whether something was taken out since the last word."""
        self._after_call = False

    def feed(self, text: str) -> str:
        """Return the words that may be said."""
        if self._unsure is not None:
            return self._after_first_thought(text)
        is_plain = self._last and not self._held and self._block is None and not self._cut_out
        if is_plain and not FIRST_LETTERS.search(text):
            self._last = text[-1:] or self._last
            return text
        self._held += text
        return self._words()

    def finish(self, *, whole: bool) -> str:
        """Return the last words, at the answer's end. whole: it was not cut off, so that what it calls may be run."""
        unsure, self._unsure = self._unsure, None
        words = self.feed(unsure) if unsure and (whole or not self._thinks_first) else ""
        held, self._held = self._held, ""
        if self._block is not None:
            self._inside += held
            self._close(self._block, whole=whole)
        elif held and self._may_be_call(held):
            self.calls += calls_of_text(held, self._tools) if whole else ()
        elif not self._after_call and (len(held) < 3 or held.startswith((_FENCE, *_LOST_CHANNELS))):
            words += held
        return words

    def reasons_elsewhere(self) -> None:
        """Note that the server sends thoughts in a field of their own: the text has none."""
        if self._unsure == "":
            self._unsure = None

    def _after_first_thought(self, text: str) -> str:
        begun = (self._unsure or "") + text
        ends = [(at, end) for end in THOUGHT_ENDS if (at := begun.find(end)) >= 0]
        if ends:
            at, end = min(ends)
            begins_itself = marker_at(begun.lstrip()) in OPENERS
            self.began_in_thought = not begins_itself
            begun, self._cut_out = (begun if begins_itself else begun[at + len(end) :]), True
        elif not begun.lstrip() or marker_at(begun.lstrip()) not in OPENERS:
            self._unsure = begun
            return ""
        self._unsure = None
        return self.feed(begun)

    def _words(self) -> str:
        self._said, self._before = [], self._last
        while self._held and self._advance():
            pass
        return "".join(self._said)

    def _advance(self) -> bool:
        """Take one step through what is held; return False if it has to wait for more."""
        if self._block is not None:
            return self._skip(self._block)
        if self._cut_out and not self._trim():
            return False
        if not self._last and self._begins_lost_channel() is not False:
            return self._begins_lost_channel() is not None and self._open(
                Block(Kind.THOUGHT, ("assistantfinal",)), len(_LOST_CHANNEL)
            )
        first = FIRST_LETTERS.search(self._held)
        if first is None or first.start() > 0:
            return self._say(first.start() if first else len(self._held))
        return self._decide()

    def _decide(self) -> bool:
        """Decide on a first letter of a marker or a call."""
        marker = marker_at(self._held) if self._held[0] in "<[◁" else ""
        if marker:
            return self._open_marker(marker)
        is_call = self._may_be_call(self._held) if self._held[0] in "{[`" else False
        if is_call:
            return self._take_json()
        if marker is None or is_call is None:
            return False
        return self._say(1)

    def _open_marker(self, marker: str) -> bool:
        if marker in THOUGHT_ENDS:
            self.began_in_thought = True
            self._said, self._last = [], self._before
        return self._open(OPENERS.get(marker, NOTHING), len(marker))

    def _may_be_call(self, text: str) -> bool | None:
        """Return whether a text begins with a call's JSON, in a fence or not; None if more could make it one."""
        if text[0] == "`":
            fence = _FENCE_BEGUN.match(text)
            if fence is None or fence.end() == len(text):
                return None if fence else False
            text = text[fence.end() :]
            if not fence[0].startswith(_FENCE) or text[0] not in "{[":
                return False
        return may_be_json_call(text, self._tools) if text[0] in "{[" else False

    def _take_json(self) -> bool:
        begins = min(at for at in map(self._held.find, "{[") if at >= 0)
        found = json_at(self._held, begins)
        if found is None:
            is_endless = len(self._held) > _LONGEST_CALL
            return self._open(_TO_THE_END, 0) if is_endless else False
        value, ends = found
        calls = calls_of_json(value, self._tools)
        if calls is None:
            return self._say(ends)
        self.calls += calls
        self._after_call = True
        return self._cut(ends)

    def _skip(self, block: Block) -> bool:
        """Skip what is held of a block; return whether the block has ended."""
        ends = [(at, end) for end in block.ends if (at := self._held.find(end)) >= 0]
        at, end = min(ends, default=(len(self._held) - held_back(self._held, block.ends), ""))
        self._inside = self._kept(block, self._inside + self._held[:at])
        self._held = self._held[at:]
        if not end:
            return False
        if end not in OPENERS:
            self._held = self._held[len(end) :]
        self._close(block, whole=True)
        return True

    def _kept(self, block: Block, inside: str) -> str:
        if block.kind is Kind.HEADER:
            return inside[-_LONGEST_HEADER:]
        return inside[:_LONGEST_CALL] if block.kind is Kind.CALL else ""

    def _open(self, block: Block, length: int) -> bool:
        self._block = None if block is NOTHING else block
        return self._cut(length)

    def _close(self, block: Block, *, whole: bool) -> None:
        inside, self._inside, self._block = self._inside, "", None
        if block.kind is Kind.CALL and whole:
            self.calls += calls_of_text(inside, self._tools, block.tool)
        elif block.kind is Kind.HEADER:
            message = message_of(inside) if whole else HIDDEN_MESSAGE
            self._block = None if message is NOTHING else message
        self._after_call = block.kind is Kind.CALL

    def _cut(self, length: int) -> bool:
        self._held = self._held[length:]
        self._cut_out = self._gap = True
        return True

    def _trim(self) -> bool:
        """Take the space after something that was taken out; return False if it has to wait for more."""
        rest = self._held.lstrip(_BETWEEN if self._after_call else None)
        if self._after_call and rest.startswith(_FENCE):
            rest, self._after_call = rest[len(_FENCE) :].lstrip(), False
        elif self._after_call and rest and _FENCE.startswith(rest):
            return False
        self._held = rest
        if not rest:
            return False
        self._cut_out = self._after_call = False
        return True

    def _begins_lost_channel(self) -> bool | None:
        """Return whether the answer begins with a channel's name; None if more text could make it one."""
        name, following = self._held[: len(_LOST_CHANNEL)], self._held[len(_LOST_CHANNEL) :]
        if name != _LOST_CHANNEL:
            return None if _LOST_CHANNEL.startswith(name) else False
        return following[0].isalpha() if following else None

    def _say(self, length: int) -> bool:
        if self._gap and self._last and not self._last.isspace():
            self._said.append(" ")
        self._said.append(self._held[:length])
        self._last, self._held, self._gap = self._held[length - 1], self._held[length:], False
        return True
