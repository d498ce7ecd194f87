"""Markdown, HTML and whatever is drawn: removed; lines, cells, headings and list items end as sentences do."""

import re

# What XML 1.0 forbids, controls, private and format characters; and what is drawn, which no voice reads.
_UNHEARD = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\ufff0-\uffff\U000e0000-\U0010ffff]+"
)
_DRAWN = re.compile(
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff]+"
)
_ODD = re.compile("[^\n -~\xa0-\xa8\xaa-\xac\xaf-\xb1\xb4-\xb8\xba-\u017f€–—‘’“”…]")
_KEYCAP = "([0-9#*])\ufe0f?\u20e3"
_KEYCAP_OF_ITEM = re.compile(
    rf"(?P<first>(?:\A|\n)\s*){_KEYCAP}(?=\s+\w|\w)|(?P<before>[^\W\d_]|:) {_KEYCAP}(?= ?[^\W\d_a-zß-ÿ])"
)
_KEYCAP_ELSEWHERE = re.compile(_KEYCAP)
_TEN = "\U0001f51f"
_DRAWN_PAUSE = re.compile(r"(?<=[\w€$£%)]) ?[→⇒➜➡✔✅☑➤▶]\ufe0f? ?(?=[\w€$£¿¡(])")
_TYPED_ARROW = re.compile(r"(?<=\w) ?[-=]> ?(?=\w)|(?<=\w) > (?=[^\W\d])")
_SMILEY = re.compile(r"(?<!\S)[:;]-?[)(DP](?!\w)")
_STRUCK = re.compile(r"~~(?=\S)[^~\n]{1,200}~~")
_RAISED = re.compile(r"(?<=[^\W\d_]{2})[¹²³⁰⁴-⁹]+|(?<=[.,;:!?)])[¹²³⁰⁴-⁹]+|[†‡]|【[^【】\n]{0,80}】")
_FOOTNOTE = re.compile(r"\[\^?\d{1,3}\]")

_LINK = re.compile(r"(!?)\[([^\[\]\n]*)\]\(([^()\s]*)(?:\s++\"[^\"\n]*\")?\)")
_LINK_END = re.compile(r"\]\([^()\s]*\)")
_BARE_LINK = re.compile(r"<(?=[^<>\s.@]*+[.@])([^<>\s]++)>")
_TAG = re.compile(r"</?[A-Za-z][\w-]{0,30}(?:\s[^<>]{0,200})?/?>")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[ \t]*")
_NOT_CODE = frozenset({"", "markdown", "md", "text", "txt", "plaintext", "plain"})
_FENCE_OR_RULE = re.compile(r"\s*(?:`{3,}|~{3,})[\w+-]*\s*|[\s:|=-]*")
_LINE_MARK = re.compile(r"\s*(?:(?:#{1,6}|[-*+•·▪◦‣–—]|\[[ xX]?\])(?:\s+|$)|>+\s*)+")
_LINE_NUMBER = re.compile(r"(\d{1,3})(?:[.)]|\.º?\)|\.-)\s+")

_MARKUP = re.compile(r"[*_`#|~<>\[\]{}\\^=&\n]")
_STAR_OF_MARKUP = re.compile(r"(?<!\d)\*(?=\S)|(?<=\S)\*(?!\d)")
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_LEFT_OVER = re.compile(r"[_\\{}\[\]^]|={2,}|~~|&nbsp;")
_WORD = re.compile(r"[^\W_]")


def begins_code(line: str) -> bool:
    """Return whether a line opens a fence around code, which nobody reads aloud."""
    fence = _FENCE.fullmatch(line)
    return fence is not None and fence[2].lower() not in _NOT_CODE


def without_drawings(text: str) -> str:
    """Remove what no voice reads; a keycap is its digit, an arrow a pause."""
    if not _ODD.search(text):
        return text
    if "\u20e3" in text:
        text = _KEYCAP_ELSEWHERE.sub(r" \1 ", _KEYCAP_OF_ITEM.sub(_item, text))
    text = _RAISED.sub("", _DRAWN_PAUSE.sub(", ", text.replace(_TEN, "10 ")))
    return _DRAWN.sub(" ", _UNHEARD.sub("", text))


def _item(found: re.Match[str]) -> str:
    if before := found["before"]:
        return f"{before} {found[4]}. " if before == ":" else f"{before}. {found[4]}. "
    return f"{found['first']}{found[2]}. "


def without_links(text: str) -> str:
    """Leave a link's text, and no tag."""
    if "[" not in text and "<" not in text and "](" not in text:
        return text
    text = _FOOTNOTE.sub("", text)
    text = _LINK.sub(lambda link: " " if link[1] else link[2] or link[3], text)
    text = _LINK_END.sub(" ", text) if "](" in text else text
    return _TAG.sub(" ", _BARE_LINK.sub(r"\1", text))


def without_markup(text: str) -> str:
    """Return the lines as sentences, without their marks."""
    if ":" in text or ";" in text:
        text = _SMILEY.sub("", text)
    if not _MARKUP.search(text) and text[:1].isalpha():
        return text
    if "~~" in text:
        text = _STRUCK.sub(" ", text)
    if ">" in text:
        text = _TYPED_ARROW.sub(", ", text)
    if "*" in text:
        text = _STAR_OF_MARKUP.sub("", text)
    if "_" in text:
        text = _EDGE_UNDERSCORE.sub("", text)
    said, code = "", ""
    for line in text.splitlines():
        fence = _FENCE.fullmatch(line)
        if code:
            code = "" if fence and fence[1].startswith(code) and not fence[2] else code
        elif fence and begins_code(line):
            code = fence[1]
        elif _WORD.search(line := _line(line)):
            said += ("" if not said else ". " if said[-1].isalnum() else " ") + line.strip()
    return _LEFT_OVER.sub(" ", said.replace("`", ""))


def _line(line: str) -> str:
    if _FENCE_OR_RULE.fullmatch(line):
        return ""
    if mark := _LINE_MARK.match(line):
        line = line[mark.end() :]
    if number := _LINE_NUMBER.match(line):
        line = f"{number[1]}. {line[number.end() :]}"
    if "|" in line:
        line = ", ".join(cell.strip() for cell in line.split("|") if _WORD.search(cell))
    return line
