"""Turns a model's sentences into speakable text, estimates its duration and splits it into portions."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from conversation.speech.sentences import SentenceCutter
from conversation.speech.vocabulary import Words, words_of

# Nothing but words, and no full stop inside that an abbreviation or a domain could have: most sentences.
_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿ"
_PLAIN = re.compile(rf"[¿¡]?[{_LETTERS}][{_LETTERS} ,;:¿?¡!…()’']*+[.]?")
_MOST_PASSES = 6

# What XML 1.0 forbids, controls, private and format characters; and what is drawn, which no voice reads.
_UNHEARD = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\ufff0-\uffff\U000e0000-\U0010ffff]+"
)
_DRAWN = re.compile(
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff]+"
)

_LINK = re.compile(r"(!?)\[([^\[\]\n]*)\]\(([^()\s]*)(?:\s++\"[^\"\n]*\")?\)")
_BARE_LINK = re.compile(r"<((?:https?://|mailto:)?[^<>\s]*[.@][^<>\s]*)>")
_TAG = re.compile(r"</?[A-Za-z][\w-]{0,30}(?:\s[^<>]{0,200})?/?>")
_FENCE_OR_RULE = re.compile(r"\s*(?:`{3,}|~{3,})[\w+-]*\s*|[\s:|=-]*")
_LINE_MARK = re.compile(r"\s*(?:(?:#{1,6}|[-*+•‣–—]|\[[ xX]?\])(?:\s+|$)|>+\s*)+")
_LINE_NUMBER = re.compile(r"(\d{1,3})[.)]\s+")

_EMAIL = re.compile(r"(?<![\w.+-])(?:mailto:)?([\w.+-]++@(?:[\w-]++\.)+[A-Za-z]{2,})")
_WEB = re.compile(
    r"(?<![\w@.-])(?:(?:https?://|www\.)[^\s<>\"'`()\[\]{}|*,;«»“”]+|(?:[\w-]{1,63}\.){1,4}"
    r"(?:com|net|org|es|eu|info|biz|io|app|dev|shop|online|store|cat|gal|eus|mx|ar|cl|pe|us|uk)(?![\w-]|\.\w)"
    r"(?:/[^\s<>\"'`()\[\]{}|*,;«»“”]*)?)"
)
_SCHEME = re.compile(r"\A(?:https?://)?(?:www\.)?")
_LONGEST_PATH = 60  # characters of a link beyond its host that somebody can follow by ear

_MARKUP = re.compile(r"[*_`#|~<>\[\]{}\\^=&\n]")
_STAR_OF_MARKUP = re.compile(r"(?<!\d)\*(?=\S)|(?<=\S)\*(?!\d)")
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_LEFT_OVER = re.compile(r"[_\\{}\[\]^<>]|={2,}|~~|&nbsp;")
_SPACE_BEFORE = re.compile(r" +([,.;:!?])(?=\s|\Z)")
_WORD = re.compile(r"[^\W_]")

_NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?![.,]\d{3})|\d++"
_SIGN = r"(?:US|MX)?\$|[€£¥]|(?:EUR|USD|GBP|MXN|JPY)\b"
_PRICE = re.compile(
    rf"(?<![\w.,])(?P<before>{_SIGN}) ?(?P<big>{_NUMBER})(?:[.,](?P<small>\d{{1,2}}))?(?![.,]?\d)"
    r"(?: (?P<scale>million|billion|thousand|mil|millón|millones)\b)?"
    rf"|(?<![\d.,])(?P<big2>{_NUMBER})(?:[.,](?P<small2>\d{{1,2}}))? ?(?P<after>{_SIGN})"
)
_MONEY = re.compile(r"[€$£¥]|EUR|USD|GBP|MXN|JPY")
_LONE_SIGN = re.compile(r" ?((?:US|MX)?\$|[€£¥])[ $€£¥]*")
_MOST_DIGITS = 15  # of a sum that is worked out; longer ones are left as they are
_CLOCK_OR_NUMBER = r"\d{1,4}(?:[:.,]\d{1,2}|h\d{2})?"
_RANGE = re.compile(
    rf"(?<![\w.,:/+)–—-])(?<![\d)] )([€$£]?)({_CLOCK_OR_NUMBER})( ?[€%h])? ?[–—-] ?([€$£]?)({_CLOCK_OR_NUMBER})"
    r"(?!\d|[–—/:-]|[.,]\d)"
)
_DASH = re.compile(r"[–—-]")
_LONG_NUMBER = re.compile(r"\d{3}|\+\d")
_PHONE = re.compile(
    r"\+(?P<country>\d)(?:[ .()-]{0,2}\d){6,14}(?!\d)"
    r"|(?<![\w.,])\(?\d{3}\)?[ -]\d{3}[ -]\d{3,4}(?![.,]?\d)"
    r"|(?<![\w.,])[6-9]\d{2}(?: \d{2}){3}(?![.,]?\d)|(?<![\w.,])\d{2} \d{3} \d{2} \d{2}(?![.,]?\d)"
    r"|(?<![\w.,])\d{7,}(?![.,]?\d)"
)
# ITU-T E.164: country codes of one and of two digits; the others have three.
_COUNTRY_CODE = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")
_DIGITS = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")
_SIGN_OF_ANY = re.compile(r"[%&@#*$€£¥~/]")
_SYMBOL = re.compile(r"(?: ?%)+|&(?:amp;|&)*|([@#*])\1*|~ ?|(?<=[^\W_]) ?/ ?([^\W\d_]{1,16})")
_LEFT_OF_SLASH = re.compile(r"([^\W\d_]+)(?: con)?( \d\d)? ?\Z")
_SHORT_PAUSE = re.compile(r"[,;:()—–]")
_LONG_PAUSE = re.compile(r"[.!?…](?=\s|\Z)")


def speakable(text: str, language: str) -> str:
    """Return the speakable form of a model's sentence; "" if nothing is to be said.

    language: BCP 47 ("es-ES"); in any but Spanish and English, Markdown and emoji are removed and signs stay.
    Markdown, emoji, and characters XML 1.0 forbids are removed; addresses, prices, ranges and phone numbers become
    words; whitespace is folded. Idempotent; linear; raises for no text.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text) and "  " not in text:
        return text
    words = words_of(language)
    for _ in range(_MOST_PASSES):
        said = _pass(text, words)
        if said == text:
            return said
        text = said
    # Only text made to nest signs in signs gets here; letters alone are what no pass changes.
    return " ".join(re.findall(r"[^\W\d_]+", text))


def _pass(text: str, words: Words | None) -> str:
    if not (text.isascii() and text.isprintable()):
        text = _DRAWN.sub(" ", _UNHEARD.sub("", text))
    if "[" in text or "<" in text:
        text = _without_links(text)
    if words and "@" in text:
        text = _EMAIL.sub(lambda found: _address(found[1], words), text)
    if words and ("." in text[:-1] or "://" in text):
        text = _WEB.sub(lambda found: _web_address(found[0], words), text)
    if _MARKUP.search(text) or not text[:1].isalpha():
        text = _without_markup(text)
    text = _fold(text)
    if words:
        text = _fold(_in_words(text, words))
    return text


def _fold(text: str) -> str:
    return _SPACE_BEFORE.sub(r"\1", " ".join(text.split()).replace("( )", "").replace("()", ""))


def _without_links(text: str) -> str:
    text = _LINK.sub(lambda link: " " if link[1] else link[2] or link[3], text)
    return _TAG.sub(" ", _BARE_LINK.sub(r"\1", text))


def _address(address: str, words: Words) -> str:
    signs = words.signs
    return "".join(
        character if character.isalnum() else f" {signs[character]} " if character in signs else " "
        for character in re.sub(r"%[0-9A-Fa-f]{2}", " ", address)
    )


def _web_address(link: str, words: Words) -> str:
    address = link.rstrip(".,:;!?…_~-/#=&")
    after = "".join(character for character in link[len(address) :] if character in ".,:;!?…")
    host, _, path = _SCHEME.sub("", re.split(r"[?#]", address, maxsplit=1)[0]).partition("/")
    path = path.rstrip("/")
    return _address(f"{host}/{path}" if 0 < len(path) <= _LONGEST_PATH else host, words) + after


def _without_markup(text: str) -> str:
    if "*" in text:
        text = _STAR_OF_MARKUP.sub("", text)
    if "_" in text:
        text = _EDGE_UNDERSCORE.sub("", text)
    said = ""
    for line in map(_line, text.splitlines()):
        if _WORD.search(line):
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


def _in_words(text: str, words: Words) -> str:
    inside = text[:-1]  # every rule is asked for by a character: most sentences have none of them
    for needed, pattern, said in words.phrases:
        if needed in text:
            text = pattern.sub(said, text)
    if "." in inside:
        text = words.abbreviation.sub(lambda found: _in_full(found, words), text)
    if _DASH.search(inside):
        text = words.day_range.sub(rf"\1 {words.signs['to']} \2", text)
        text = _RANGE.sub(lambda found: _range(found, words), text)
    if _DIGIT.search(inside):
        text = _numbers(text, words)
    if _SIGN_OF_ANY.search(text):
        text = _LONE_SIGN.sub(lambda found: f" {words.currencies[words.currency(found[1])][1]} ", text)
        text = _SYMBOL.sub(lambda found: _symbol(found, words), text)
    return text


def _numbers(text: str, words: Words) -> str:
    if _MONEY.search(text):
        text = _PRICE.sub(lambda found: _price(found, words), text)
    if _LONG_NUMBER.search(text):
        text = _PHONE.sub(lambda found: _phone(found, words), text)
    return words.measure.sub(lambda found: _measure(found, words), text)


def _in_full(found: re.Match[str], words: Words) -> str:
    said = words.shortened[found[1].lower().replace(" ", "")]
    return said + ("." if found.end() == len(found.string) else "")


def _range(found: re.Match[str], words: Words) -> str:
    """Say 9:00-14:00 and 20-30 € as ranges; leave 555-0100 and all else that does not rise."""
    sign, low, unit, second_sign, high = found.groups(default="")
    is_clock = ":" in low + high or "h" in low + high
    rises = float(re.sub("[:,h]", ".", low)) < float(re.sub("[:,h]", ".", high))
    if not is_clock and (not rises or re.match(r"0\d", low) or re.match(r"0\d", high)):
        return found[0]
    return f"{sign}{low}{unit} {words.signs['to']} {second_sign}{high}"


def _price(found: re.Match[str], words: Words) -> str:
    sign = found["before"] or found["after"]
    currency = words.currency(sign)
    one, many = words.currencies[currency]
    if found["scale"]:
        of = " de" if found["scale"] in ("millón", "millones") else ""
        return f"{found[0][len(sign) :].strip()}{of} {many}"
    whole = re.sub("[.,]", "", found["big"] or found["big2"])
    if len(whole) > _MOST_DIGITS:
        return f"{whole} {many}"
    cents = int(((found["small"] or found["small2"] or "") + "00")[:2])
    coins = f"{cents} {words.cents[currency][cents != 1]}"
    if cents and not int(whole):
        return coins
    sum_ = one if int(whole) == 1 else f"{_grouped(int(whole), words)} {many}"
    if not cents:
        return sum_
    return f"{sum_}{words.cents_after[0]}{cents}" if cents > 9 else f"{sum_}{words.cents_after[1]}{coins}"


def _grouped(number: int, words: Words) -> str:
    """Separate the thousands of numbers from a million on: seven digits in a row would be read as a phone number."""
    return f"{number:,}".replace(",", words.thousands) if number >= 1_000_000 else str(number)


def _phone(found: re.Match[str], words: Words) -> str:
    """Say a phone number by digits, with a pause after each three: "más 34, 6 0 0, 0 0 0, 0 0 1"."""
    digits = "".join(_DIGITS.findall(found[0]))
    code = found["country"] and _COUNTRY_CODE.match(digits)
    number = digits[code.end() :] if code else digits
    groups = [" ".join(number[at : at + 3]) for at in range(0, len(number), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [f"{groups[-2]} {groups[-1]}"]
    glued = found.start() > 0 and found.string[found.start() - 1].isalnum()
    return " " * glued + ", ".join([f"{words.signs['+']} {code[0]}", *groups] if code else groups)


def _measure(found: re.Match[str], words: Words) -> str:
    return f"{found[1]} {words.units[found[2]][found[1] != '1']}"


def _symbol(found: re.Match[str], words: Words) -> str:
    symbol = found[0].strip()[0]
    before, after = (
        found.string[max(0, found.start() - 1) : found.start()],
        found.string[found.end() : found.end() + 1],
    )
    if symbol == "/":
        return _slash(found, words)
    if symbol == "~" and not after.isdigit():
        return " "
    if symbol == "*" and before.isdigit() and after.isdigit():
        symbol = "x"
    if symbol == "#" and after.isalnum():
        return f" {words.signs['#1']} " if after.isdigit() else " "
    return f" {words.signs[symbol]} "


def _slash(found: re.Match[str], words: Words) -> str:
    """Say 20 euros/hora with per, niños/niñas with or; TCP/IP stays."""
    left = _LEFT_OF_SLASH.search(found.string, max(0, found.start() - 24), found.start())
    word, right = left[1] if left else "", found[2]
    if word in words.counted:
        return f" {words.signs['per']} {words.units.get(right, (right,))[0]}"
    if left and not left[2] and len(word) > 1 and len(right) > 1 and word.islower() and right.islower():
        return f" {words.signs['or']} {right}"
    return found[0]


def spoken_seconds(text: str) -> float:
    """Estimate the seconds that a neural voice takes for a speakable text, at its usual speed.

    15 characters a second, a digit as long as four letters, 0.15 s at a comma and its kin, 0.4 s at the end of a
    sentence.
    """
    characters = len(text) + 3 * len(_DIGIT.findall(text))
    pauses = 0.15 * len(_SHORT_PAUSE.findall(text)) + 0.4 * len(_LONG_PAUSE.findall(text))
    return characters / 15 + pauses


def say_chunks(text: str, limit: int = 3000, encoded_limit: int = 4500) -> list[str]:
    """Split a text for several <Say>: at sentences, else at words, else anywhere. No piece is empty.

    limit: characters in one (Twilio: 3,000 for Polly's voices). encoded_limit: its length URL-encoded, a space as %20
    (Twilio: 4,500). Only whitespace at the boundaries is lost.
    """
    if limit < 1 or encoded_limit < 12:
        raise ValueError("one character must fit: limit from 1, encoded_limit from 12")
    text = text.strip()
    if text and _fits(text, limit, encoded_limit):
        return [text]
    chunks, room, encoded_room = [""], limit, encoded_limit
    for gap, part in _parts(text, limit, encoded_limit):
        length, encoded = len(gap + part), _encoded_length(gap + part)
        if chunks[-1] and (length > room or encoded > encoded_room):
            chunks.append("")
            room, encoded_room = limit, encoded_limit
        chunks[-1] += gap + part if chunks[-1] else part
        room -= length
        encoded_room -= encoded
    return chunks if chunks[-1] else []


def _parts(text: str, limit: int, encoded_limit: int) -> Iterator[tuple[str, str]]:
    """Yield sentences, the words of overlong sentences and the characters of overlong words, each after its gap."""
    cutter, gap = SentenceCutter(limit), ""
    for piece in [*cutter.feed(text), *cutter.finish()]:
        for part in [piece.strip()] if _fits(piece.strip(), limit, encoded_limit) else piece.split():
            if _fits(part, limit, encoded_limit):
                yield gap, part
            else:
                yield from zip([gap] + [""] * (len(part) - 1), part, strict=True)
            gap = " "
        gap = " " if piece[-1].isspace() else ""


def _fits(text: str, limit: int, encoded_limit: int) -> bool:
    return len(text) <= limit and _encoded_length(text) <= encoded_limit


def _encoded_length(text: str) -> int:
    return len(quote(text, safe="", errors="replace"))
