"""Turns a model's sentences into what a voice reads as a person would: speakable()."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from conversation.speech.languages import Language, abbreviations, language_of
from conversation.speech.rules.abbreviations import Abbreviations, Replacements
from conversation.speech.rules.addresses import Addresses
from conversation.speech.rules.attributes import Attributes
from conversation.speech.rules.codes import Codes
from conversation.speech.rules.dates import Dates
from conversation.speech.rules.days import Days
from conversation.speech.rules.fractions import Fractions
from conversation.speech.rules.markup import without_drawings, without_links, without_markup
from conversation.speech.rules.money import Money
from conversation.speech.rules.numbers import Numbers
from conversation.speech.rules.ordinals import Ordinals
from conversation.speech.rules.phones import Phones
from conversation.speech.rules.ranges import Ranges
from conversation.speech.rules.romans import Romans
from conversation.speech.rules.signs import Signs
from conversation.speech.rules.times import Times
from conversation.speech.rules.units import Units
from conversation.speech.sentences import LONGEST_SENTENCE, SentenceCutter

Rule: TypeAlias = Callable[[str], str]

# Nothing but words, no capital that is a numeral or a day, and no full stop inside that an abbreviation or a domain
# could have: most sentences.
_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿ"
_PLAIN = re.compile(rf"[¿¡]?[{_LETTERS}][{_LETTERS} ,;:¿?¡!…()’']*+[.]?")
_CAPITALS = re.compile(r"\b[DFIJLMSTVWX][IVX]*\b")
_ALONE = re.compile(rf"(?<![{_LETTERS}] )\bI\b")
"""The English I, where no word comes before it of which it might be the number."""
_ENDING = re.compile(rf"(?<=[{_LETTERS}])\([{_LETTERS}]{{1,2}}\)")
"""What a reader chooses or leaves out, as in documento(s)."""
_NUMBER = re.compile(r"[\d¼-¾⅓-⅞]")
_THIN_SPACE = re.compile("(?<=[0-9])[\u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_SPACE_BEFORE = re.compile(r" +([,.;:!?)])(?=[\s,.;:!?)]|\Z)")
_LETTERS_OF_TWO_CASES = str.maketrans("ſıİ", "siI")
"""Letters that a pattern takes for another in either case, and lower() does not."""
_SPACED = (" ,", " .", " ;", " :", " !", " ?", " )")
_LEFT_OVER = re.compile(r"[<>]|={2,}")
_CLOSING = (")", "»", "”", '"')
_NEWLINES = ("\n", "\r", "\u2028", "\u2029")
_INNER_END = re.compile(r"[.!?…][^\w\s.!?…¿¡]*+(?:\s++\S|[¿¡])|[\n\r\u2028\u2029]\s*+\S")
_MOST_PASSES = 6


def speakable(text: str, language: str) -> str:
    """Return the speakable form of a model's sentence; "" if nothing is to be said.

    language: BCP 47 ("es-ES"); in one without a file in languages/, Markdown and emoji are removed and signs stay.
    Markdown, code, emoji, and characters XML 1.0 forbids are removed; dates, times, sums, codes, addresses and the
    like become words; whitespace is folded. A text that ends its line ends as a sentence, so that the sentences of an
    answer, one by one, are said as the whole is. Idempotent; linear; raises for no text.
    """
    text = text.strip(" ")
    if _is_plain(text):
        return text
    rules = _rules(language)
    text = text.translate(_LETTERS_OF_TWO_CASES) if rules else text
    for _ in range(_MOST_PASSES):
        said = " ".join(filter(None, (_sentence(piece, rules) for piece in _sentences(text))))
        if said == text:
            return said
        text = said
    # Only text made to nest signs in signs gets here; letters alone are what no pass changes.
    return " ".join(re.findall(r"[^\W\d_]+", text))


def prepare(language: str) -> None:
    """Read a language's file and data, which takes a tenth of a second, before somebody waits for a word."""
    _rules(language)


def _sentences(text: str) -> Sequence[str]:
    """Return the sentences of a text: what an abbreviation's full stop is depends on where one ends."""
    if not _INNER_END.search(text):
        return [text]
    cutter = SentenceCutter(max(len(text) + 1, LONGEST_SENTENCE))
    return [*cutter.feed(text), *cutter.finish()]


def _sentence(piece: str, rules: "Rules | None") -> str:
    text = piece.strip()
    said = text if _is_plain(text) else _pass(text, rules)
    ends_line = piece.rstrip(" \t")[-1:] in _NEWLINES
    return f"{said}." if ends_line and (said[-1:].isalnum() or said[-1:] in _CLOSING) else said


def _is_plain(text: str) -> bool:
    return (
        bool(_PLAIN.fullmatch(text))
        and not ("(" in text and _ENDING.search(text))
        and not ("  " in text or " :" in text or " ;" in text)
        and (text[1:].islower() or not _CAPITALS.search(_ALONE.sub("i", text) if "I" in text else text))
        and not (text[-1] == "." and text.rpartition(" ")[2][:-1].lower() in abbreviations("sometimes_last"))
    )


def _pass(text: str, rules: "Rules | None") -> str:
    text = without_links(without_drawings(_THIN_SPACE.sub("", text)))
    if rules:
        text = rules.addresses(text)
    text = _fold(without_markup(text))
    if rules:
        for rule in rules.always:
            text = rule(text)
        if _NUMBER.search(text):
            for rule in rules.numbers:
                text = rule(text)
        for rule in rules.words:
            text = rule(text)
    return _fold(_LEFT_OVER.sub(" ", text))


def _fold(text: str) -> str:
    text = " ".join(text.split())
    if "(" in text:
        text = text.replace("( )", "").replace("()", "")
    for spaced in _SPACED:
        if spaced in text:
            return _SPACE_BEFORE.sub(r"\1", text)
    return text


class Rules:
    """One language's rules, in the order in which they are applied."""

    def __init__(self, language: Language) -> None:
        attributes = Attributes(language)
        money, units = Money(language, attributes), Units(language, attributes)
        self.addresses: Rule = Addresses(language)
        self.always: Sequence[Rule] = (Replacements(language), Days(language))
        self.numbers: Sequence[Rule] = (
            Dates(language), Codes(language), Times(language), Ranges(language), money, Phones(language),
            Ordinals(language), Fractions(language, units), units, Numbers(language),
        )  # fmt: skip
        self.words: Sequence[Rule] = (
            Abbreviations(language),
            Romans(language),
            Signs(language, money, units),
        )


def _rules(tag: str) -> Rules | None:
    language = language_of(tag)
    return _rules_of(language) if language else None


@lru_cache(maxsize=16)
def _rules_of(language: Language) -> Rules:
    return Rules(language)
