"""Converts a model's Markdown into WhatsApp messages, split as a reader would pause.

WhatsApp's formatting: https://faq.whatsapp.com/539178204879377 (*bold*, _italic_, ~struck~, `code`, ```, >,
lists). It renders a mark only if it touches a word from outside, and none across a line.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from itertools import accumulate, groupby, takewhile
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from conversation.speech.sentences import SentenceCutter
from integrations.plain_text import sendable

SHORTEST_LIMIT = 20
"""Units that one character can take: itself, and every mark around it."""

_FENCE = "```"
_QUOTE = ">"
_MARKS = {"strong": "*", "em": "_", "s": "~"}
_EMPTY_CELL = "–"
_DEEPEST = 19  # blocks in blocks; the parser throws away what lies deeper than its maxNesting of 20

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Models put a whole answer into a block of code called Markdown: it is the text itself
_MARKDOWN = re.compile(
    r"^ {0,3}(`{3,}|~{3,})[ \t]*(?:markdown|md)[ \t]*\n(.*?)(?:^ {0,3}\1[ \t]*$|\Z)",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Mn"})  # general categories of Unicode
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and a pattern that draw nothing

_URL_AFTER_SCHEME = re.compile(r"(?<=[A-Za-z])://[^\s<>()\[\]`*\"|\\]+(?<![.,;:!?_~'’”»…])")
_TIMES = re.compile(r"(?<=\d)\*+(?=\d)")
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ADDED = re.compile(r"[\d€$£¥]")
_CELL_END = re.compile(r"(?<!\\)\|")
_SCHEME_OR_SLASH = re.compile(r"\A(?:https?://|mailto:|tel:)|\s|/\Z")
_LANGUAGE = re.compile(r"[\w+#.-]+")
_PARAGRAPH_END = re.compile(r"\n\n+")
_LINE_END = re.compile(r"\n+")
_WORD_END = re.compile(r"[^\S\u00a0\u202f]+")  # not between "15" and "€", where the space says so


class Run(NamedTuple):
    """Text in one style. marks: WhatsApp's, the outermost first; ">" before them in a quotation."""

    text: str
    marks: str = ""


def whatsapp_messages(text: str, limit: int = 1600) -> list[str]:
    """Return the WhatsApp messages for a Markdown text, in order; none is blank, so there may be none.

    limit: the most UTF-16 code units in one, marks included. Twilio takes 1,600 "characters" for every
    channel (error 21617) and says of emoji that they may count for more; UTF-16 is how texting counts, and
    never less than code points. Messages are split between paragraphs, lines, sentences, words or characters,
    the first of these that does not leave half a message empty for want of room; a style open there is
    closed, and opened again. Only Markdown's own signs are lost (a rule, a code block's language, a link's
    title), with whitespace at the ends of lines and messages, and characters that cannot be sent. Raises
    ValueError for a limit under SHORTEST_LIMIT.
    """
    if limit < SHORTEST_LIMIT:
        raise ValueError(f"limit must be at least {SHORTEST_LIMIT}")
    return list(_Letter(_read(_MARKDOWN.sub(r"\2", _whole(text))), limit).messages())


def _whole(text: str) -> str:
    """Join surrogate pairs (alone, they become U+FFFD), and omit characters that cannot be sent."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return sendable(_NEWLINES.sub("\n", whole))


# Reading Markdown


class _Parser(MarkdownIt):
    """Leaves the addresses of links as they were written."""

    def normalizeLink(self, url: str) -> str:
        return url

    def normalizeLinkText(self, link: str) -> str:
        return link


@cache
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark").enable(["table", "strikethrough"])
    # What people rarely mean who write to people: an indent for code, a dashed line for a heading, "[a]: b", HTML
    parser.disable(["code", "lheading", "reference", "html_block"])
    parser.inline.ruler.before("emphasis", "verbatim", _verbatim)
    parser.parse("*")  # its rules are compiled at first use, which two threads must not do at once
    return parser


def _verbatim(state: StateInline, silent: bool) -> bool:
    """A rule of the parser's: no mark begins or ends inside of a bare URL, or of 2*3."""
    sign = {":": _URL_AFTER_SCHEME, "*": _TIMES}.get(state.src[state.pos])
    found = sign.match(state.src, state.pos, state.posMax) if sign else None
    if found is None:
        return False
    if not silent:
        state.append_pending(found[0])
    state.pos = found.end()
    return True


def _read(text: str) -> list[Run]:
    tokens = _parser().parse(text)
    if any(token.level >= _DEEPEST for token in tokens):
        return [Run(text)]
    page = _Page(text)
    for token in tokens:
        page.take(token)
    is_markup_alone = not any(run.text.strip() for run in page.runs)  # "---" is still an answer
    return [Run(text)] if is_markup_alone else page.runs


class _Page:
    """Gathers the runs of a text from its parser's tokens, block by block."""

    def __init__(self, source: str) -> None:
        self.runs: list[Run] = []
        self._source = source.split("\n")
        self._quotes = self._lists = 0
        self._bullet = self._bold = ""
        self._row: list[list[Run]] | None = None
        self._line = 0  # of the source, where the block before ended

    def take(self, token: Token) -> None:
        match token.type:
            case "blockquote_open" | "blockquote_close":
                self._quotes += token.nesting
            case "bullet_list_open" | "bullet_list_close" | "ordered_list_open" | "ordered_list_close":
                self._lists += token.nesting
            case "list_item_open":
                self._bullet += self._bullet_of(token)
            case "list_item_close" if self._bullet:  # nothing stood after it: "3." alone is an answer
                self._add([])
            case "heading_open" | "thead_open":
                self._bold = "*"
            case "heading_close":
                self._bold, self._line = "", len(self._source)  # what it is the heading of follows at once
            case "thead_close":
                self._bold, self._line = "", self._line + 1  # the dashes below it
            case "fence":
                self._add([_code(token)], token.map)
            case "tr_open":
                self._row = []
            case "inline" if self._row is not None:
                self._row.append(_on_one_line(_styled(token.children or [], self._bold)))
                self._row_map = token.map
            case "inline":
                self._add(_styled(token.children or [], self._bold), token.map)
            case "tr_close":
                self._end_row()

    def _bullet_of(self, item: Token) -> str:
        if item.info:
            return f"{item.info}{item.markup} "
        line = self._source[item.map[0]] if item.map else ""
        is_sum = item.markup == "+" and _ADDED.match(line.partition("+")[2].strip())
        return "+ " if is_sum else "- "  # "+ 5 € with a wash" is no minus

    def _end_row(self) -> None:
        cells, self._row = [*(self._row or []), *self._cells_too_many()], None
        if any(cells):
            bullet = [] if self._bold else [Run("- ")]
            gap = Run(" · ", self._bold)
            filled = [cell or [Run(_EMPTY_CELL, self._bold)] for cell in cells]
            self._add(
                [*bullet, *filled[0], *(run for cell in filled[1:] for run in [gap, *cell])], self._row_map
            )

    def _cells_too_many(self) -> list[list[Run]]:
        """Return a row's text beyond the columns of its heading: the parser omits it."""
        line = self._source[self._row_map[0]].strip(" \t>") if self._row_map else ""
        cells = [cell.strip().replace("\\|", "|") for cell in _CELL_END.split(line.removeprefix("|"))]
        inlines = (_parser().parseInline(cell) for cell in cells[len(self._row or []) :] if cell)
        return [_on_one_line(_styled(inline[0].children or [])) for inline in inlines]

    def _add(self, runs: Sequence[Run], lines: Sequence[int] | None = None) -> None:
        first, end = lines or (self._line, self._line)
        if self.runs:
            self.runs.append(Run("\n" if first <= self._line else "\n\n"))
        self._line = end
        indent = "  " * self._lists
        before = indent[2:] + self._bullet if self._bullet else indent
        self._bullet = ""
        for run in [Run(before), *runs]:
            if run.marks != _FENCE:
                run = Run(run.text.replace("\n", f"\n{indent}"), _QUOTE * bool(self._quotes) + run.marks)
            self.runs.append(run)


def _on_one_line(runs: Iterable[Run]) -> list[Run]:
    return [Run(run.text.replace("\n", " "), run.marks) for run in runs]


def _code(fence: Token) -> Run:
    language = fence.info.strip()
    is_language = _LANGUAGE.fullmatch(language) and fence.content.strip()
    code = fence.content if is_language or not language else f"{language}\n{fence.content}"
    return Run(code.strip("\n"), "" if _FENCE in code else _FENCE)


def _styled(tokens: Sequence[Token], outer: str = "") -> list[Run]:
    """Return the runs of a paragraph's tokens. outer: the mark around all of it."""
    runs: list[Run] = []
    marks, literals = [outer], [""]
    glued = _glued(tokens)
    href, link_from = "", 0
    for at, token in enumerate(tokens):
        now = "".join(marks)
        kind = token.type.partition("_")[0]
        if token.nesting > 0 and kind in _MARKS:
            literals.append(token.markup if at in glued and kind == "em" else "")
            marks.append("" if at in glued or _MARKS[kind] in now else _MARKS[kind])
            runs.append(Run(literals[-1], now))
        elif token.nesting < 0 and kind in _MARKS:
            marks.pop()
            runs.append(Run(literals.pop(), now))
        elif token.type == "link_open":
            href, link_from = str(token.attrs["href"]), len(runs)
        elif token.type == "link_close":
            runs.append(Run(_address("".join(run.text for run in runs[link_from:]), href), now))
        else:
            runs.append(_plain(token, now))
    return [run for run in runs if run.text]


def _glued(tokens: Sequence[Token]) -> set[int]:
    """Return the starts of styles that touch a word outside, as a*b*c: WhatsApp would show their marks."""
    glued, opened = set(), []
    for at, token in enumerate(tokens):
        if token.nesting > 0:
            opened.append(at)
        elif token.nesting < 0:
            start = opened.pop()
            before = tokens[start - 1].content[-1:] if start else ""
            after = tokens[at + 1].content[:1] if at + 1 < len(tokens) else ""
            if token.type != "s_close" and (before.isalnum() or after.isalnum()):
                glued.add(start)
    return glued


def _plain(token: Token, marks: str) -> Run:
    text = token.content
    match token.type:
        case "softbreak" | "hardbreak":
            text = "\n"
        case "html_inline" if _LINE_BREAK_TAG.fullmatch(text):
            text = "\n"
        case "code_inline" if text.strip() and "`" not in text:
            marks += "`"
        case "image":
            text += _address(text, str(token.attrs["src"]))
    return Run(text, marks)


def _address(shown: str, href: str) -> str:
    """Return the part of a link's address not already in its text."""
    if _SCHEME_OR_SLASH.sub("", shown) == _SCHEME_OR_SLASH.sub("", href):
        return ""
    return f" ({href})" if shown.strip() else href


# Writing messages


class _Letter:
    """A styled text to be split into several messages."""

    def __init__(self, runs: list[Run], limit: int) -> None:
        self._runs, self._limit = runs, limit
        self._text = "".join(run.text for run in runs)
        self._starts = list(accumulate((len(run.text) for run in runs), initial=0))

    def messages(self) -> Iterator[str]:
        start = 0
        while start < len(self._text):
            end = self._end(start)
            if _can_be_seen(self._text[start:end]):
                yield self._shown(start, end)
            start = end

    def _end(self, start: int) -> int:
        """Return the end of the message that begins at start."""
        if self._fits(start, len(self._text)):
            return len(self._text)
        most = self._most(start)
        for ends in self._ends:
            at = bisect_right(ends, most) - 1
            if at >= 0 and (end := ends[at]) > start:
                following = ends[at + 1] if at + 1 < len(ends) else len(self._text)
                if end - start > (most - start) // 2 or self._fits(end, following):
                    return end
        end = most
        while end > start and _are_one(self._text, end):
            end -= 1
        return end if end > start else most

    def _most(self, start: int) -> int:
        """Return the farthest end of a message, and the end of the whitespace after it, which is not sent."""
        longest = range(start + 1, min(len(self._text), start + self._limit) + 1)
        most = start + bisect_right(longest, self._limit, key=lambda end: _units(self._shown(start, end)))
        while most < len(self._text) and self._text[most].isspace():
            most += 1
        return most

    @cached_property
    def _ends(self) -> list[list[int]]:
        """Return the ends of paragraphs, lines, sentences and words, with the whitespace after them."""
        cutter = SentenceCutter(len(self._text))
        sentences = [*cutter.feed(self._text), *cutter.finish()]
        paragraphs, lines, words = (
            [found.end() for found in end.finditer(self._text)]
            for end in (_PARAGRAPH_END, _LINE_END, _WORD_END)
        )
        return [paragraphs, lines, list(accumulate(map(len, sentences))), words]

    def _fits(self, start: int, end: int) -> bool:
        return end - start <= self._limit and _units(self._shown(start, end)) <= self._limit

    def _shown(self, start: int, end: int) -> str:
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1)
        runs = self._runs[first:last]
        runs[-1] = Run(runs[-1].text[: end - self._starts[last - 1]], runs[-1].marks)
        runs[0] = Run(runs[0].text[start - self._starts[first] :], runs[0].marks)
        return _marked(runs)


def _marked(runs: Iterable[Run]) -> str:
    shown = ""
    for is_code, group in groupby(runs, key=lambda run: run.marks == _FENCE):
        if not is_code:
            shown += "\n".join(map(_line, _lines(group)))
        elif code := "".join(run.text for run in group).rstrip().strip("\n"):
            shown += f"{_FENCE}\n{code}\n{_FENCE}"
    return shown.strip()


def _lines(runs: Iterable[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]
    for run in runs:
        first, *others = run.text.split("\n")
        lines[-1].append(Run(first, run.marks))
        lines += [[Run(text, run.marks)] for text in others]
    return lines


def _line(runs: Sequence[Run]) -> str:
    """Return a line with its marks, each of which touches a word from outside."""
    line, gap, opened = "", "", ""
    for run in runs:
        gap += run.text[: len(run.text) - len(run.text.lstrip())]
        if words := run.text.strip():
            marks = run.marks.removeprefix(_QUOTE)
            kept = len([*takewhile(lambda pair: pair[0] == pair[1], zip(opened, marks, strict=False))])
            line += opened[kept:][::-1] + gap + marks[kept:] + words
            opened, gap = marks, run.text[len(run.text.rstrip()) :]
    quote = f"{_QUOTE} " if any(run.text.strip() and run.marks.startswith(_QUOTE) for run in runs) else ""
    return quote + line + opened[::-1]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _can_be_seen(text: str) -> bool:
    return any(unicodedata.category(c) not in _INVISIBLE and c not in _FILLERS for c in text)


def _are_one(text: str, at: int) -> bool:
    """Return True inside of one displayed character (UAX #29, but for rare scripts)."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if before == "\u200d" or not after:
        return bool(after)
    if _is_flag_half(after):
        flag = at
        while flag and _is_flag_half(text[flag - 1]):
            flag -= 1
        return (at - flag) % 2 == 1
    is_added = unicodedata.category(after) in ("Mn", "Mc", "Me")
    return (
        is_added
        or after in "\u200c\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\U000e0020" <= after <= "\U000e007f"
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
