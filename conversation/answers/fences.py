"""Removes the fence in which some models put a whole answer: ```markdown, the answer, ```."""

import re

_FENCE = re.compile(r"(?:`{3,}|~{3,})\s*([\w+-]*)")
_MAY_BECOME_FENCE = re.compile(r"\s*(?:`{0,2}|~{0,2}|(?:`{3,}|~{3,})[^`~]*)")
_MARKDOWN = frozenset({"markdown", "md"})
_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext"})


class FenceFilter:
    """Passes on a stream of text without the lines of such fences; those of code stay.

    A fence that names Markdown is never code; one that names nothing is none where the answer begins with it. Text is
    held back only while its line may be a fence.
    """

    def __init__(self) -> None:
        self._held = ""
        self._at_line_start, self._has_begun = True, False
        self._open: list[bool] = []
        """For each open fence, whether its lines are removed."""

    def feed(self, text: str) -> str:
        """Take the next piece of the text; return what can be passed on, perhaps nothing."""
        if not self._at_line_start and "\n" not in text:
            return text
        passed, rest = "", self._held + text
        self._held = ""
        while rest:
            line, newline, following = rest.partition("\n")
            if not newline:
                return passed + self._unfinished(line)
            passed += self._whole(line + newline) if self._at_line_start else line + newline
            self._at_line_start, rest = True, following
        return passed

    def finish(self) -> str:
        """Return what was held back, at the text's end."""
        held, self._held = self._held, ""
        return self._whole(held)

    def _unfinished(self, line: str) -> str:
        if self._at_line_start and _MAY_BECOME_FENCE.fullmatch(line):
            self._held = line
            return ""
        self._at_line_start, self._has_begun = False, True
        return line

    def _whole(self, line: str) -> str:
        fence = _FENCE.fullmatch(line.strip())
        if fence is None:
            self._has_begun = self._has_begun or bool(line.strip())
            return line
        if self._open and not fence[1]:
            return "" if self._open.pop() else line
        language = fence[1].lower()
        is_removed = language in _MARKDOWN or (language in _PLAIN and not self._has_begun)
        self._open.append(is_removed)
        self._has_begun = True
        return "" if is_removed else line


def without_fences(text: str) -> str:
    """Return a whole text without such fences."""
    fences = FenceFilter()
    return fences.feed(text) + fences.finish()
