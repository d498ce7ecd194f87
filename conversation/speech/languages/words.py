"""The shape of a language's file: everything about reading aloud that is not in the CLDR."""

from dataclasses import dataclass
from typing import TypeAlias

from pydantic import ConfigDict

OneMany: TypeAlias = tuple[str, str]
"""With the number 1, and with any other."""


@dataclass(frozen=True)
class _Table:
    """A table of the file; unknown keys are refused."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Dates(_Table):
    """Templates fill in {day}, {month} and {year}. Whether the day or the month comes first is the region's matter."""

    day_first: str
    month_first: str
    day_first_year: str
    month_first_year: str
    month_year: str
    cues: list[str]
    """What makes a date of the 1/2 after it, which is a half elsewhere."""
    scores: list[str]
    """What makes a mark of the 7/10 after it."""
    of: str = ""
    """What may stand between a day and its month, or a month and its year."""
    before_days: tuple[str, ...] = ()
    """What makes a date of the 1-12 after a day of the week, which is a time elsewhere."""
    first: str = ""
    """The first day of a month, where it is not the number."""
    ordinal_days: str = ""
    """The ordinals that days are, by their name in the CLDR; empty where they are numbers."""


@dataclass(frozen=True)
class Days(_Table):
    """Days of the week, Monday first."""

    initials: list[str]
    """One for each day, as in L-V; "" where there is none."""
    names: list[str]
    """In place of the CLDR's names."""
    abbreviations: list[str]
    """Besides the first three letters or more: "name=abbreviation"."""


@dataclass(frozen=True)
class Times(_Table):
    """What replaces a.m. and p.m.: from an hour of the day on, until the next."""

    parts: list[tuple[int, str]]
    noon: str
    midnight: str
    minutes: str
    twelve_hours: bool = False
    """17:30 is said as 5:30 in the afternoon."""


@dataclass(frozen=True)
class Money(_Table):
    """Currencies by ISO 4217 code. Others than these have the CLDR's names."""

    with_coins: str
    """Fills in {sum}, {cents} and {coins}, the name of the cents."""
    with_few_coins: str
    """Below ten cents."""
    million: OneMany
    own: str
    """The word of its full name by which a region's own currency goes: "first" or "last"."""
    currencies: dict[str, OneMany]
    coins: dict[str, OneMany]
    scales: dict[str, str]
    """What stands between a number and a sign of money, and how it is said."""


@dataclass(frozen=True)
class Attributes(_Table):
    """Sums and measures before their noun, in a language that says them otherwise there: a 49 dollar fee."""

    articles: tuple[str, ...] = ()
    """Between one of these and a word, they stand before their noun; empty where they are said as ever."""
    no_nouns: tuple[str, ...] = ()
    """Words that follow them and are no part of a noun."""
    nouns: tuple[str, ...] = ()
    """Nouns of sums, before which no article is needed."""


@dataclass(frozen=True)
class Fractions(_Table):
    """Templates fill in {fraction}, {noun} and {whole}. Pairs: for a noun of `nouns`, for one of `other_nouns`."""

    alone: str
    """A half of nothing that is named."""
    half: OneMany
    half_after_whole: OneMany
    half_of: str
    some_of: OneMany
    with_whole: str
    count: str
    """The numbers of thirds to tenths, by their name in the CLDR."""
    parts: list[str]
    """Thirds to tenths."""
    plural: str
    """Ends them from two on."""
    of: str
    """What may stand between a fraction and its noun."""
    nouns: list[str]
    other_nouns: list[str]
    """Feminine ones; in English, those that begin with a vowel."""
    plural_after_whole: bool = False
    """One and a half hours."""
    articles: tuple[str, ...] = ()
    """In place of which a fraction of one noun is said; where `after_article` is set, after which."""
    definite: tuple[str, ...] = ()
    """After these, the one of "un cuarto" and "one quarter" is left out."""
    after_article: str = ""
    """Fills in {fraction} and {noun}: "quarter pound"."""
    counted_as: str = ""
    """How 1,80 m is said, of {metres}, {noun} and {centimetres}; "" where it is said as a decimal number."""


@dataclass(frozen=True)
class Ordinals(_Table):
    """Ordinals by their name in the CLDR's rules for spelling numbers, with what is written after the digits."""

    endings: dict[str, list[str]]
    most: int
    """Greater ones are said as plain numbers."""
    adjective: str = ""
    """The masculine before its noun, where that differs."""
    no_nouns: tuple[str, ...] = ()
    """Words that follow an ordinal and are not its noun."""
    degree_before: tuple[str, ...] = ()
    """Words before which the sign of degrees is an ordinal's."""
    degree: str = ""


@dataclass(frozen=True)
class Romans(_Table):
    """Roman numerals are read after a cue, after a king's or queen's name, and from two letters on after any name."""

    cues: list[str]
    said: dict[str, str]
    """Cues in full."""
    kings: list[str]
    queens: list[str]
    king: str
    queen: str
    """Templates for {name} and {ordinal}."""
    ordinals: OneMany
    """Their ordinals, by their names in the CLDR: masculine, feminine."""
    most: int
    """Greater ones are plain numbers."""
    leading: dict[str, str]
    """The ordinals of numerals that come first ("II Jornadas"), by the ending of the next word or "other"."""


@dataclass(frozen=True)
class Codes(_Table):
    """Words before what is read letter by letter and digit by digit."""

    identities: list[str]
    references: list[str]
    between: list[str]
    """What may stand between such a word and its code, as "is"."""
    postal: dict[str, str]
    """As written, and as said."""


@dataclass(frozen=True)
class Replacement(_Table):
    """A regular expression and what it becomes, tried where the text contains `needs`."""

    needs: str
    pattern: str
    said: str


@dataclass(frozen=True)
class Sentences(_Table):
    """Abbreviations by which a sentence does not end, without their last dot, in lower case."""

    never_last: str
    before_a_number: str
    """Unless a number follows, these are words."""
    sometimes_last: str
    """These end a sentence if what follows can begin one."""


@dataclass(frozen=True)
class Words(_Table):
    """One language's file."""

    region: str
    """Whose customs a tag without a region follows."""
    thousands: str
    """What separates thousands, besides the sign of the region."""
    signs: dict[str, str]
    ranges: dict[str, str]
    """What "to" becomes in a range after a word: "between 9 and 14"."""
    dates: Dates
    days: Days
    times: Times
    money: Money
    units: dict[str, OneMany]
    """As written; those that are missing have the CLDR's names."""
    fractions: Fractions
    ordinals: Ordinals
    romans: Romans
    codes: Codes
    abbreviations: dict[str, str]
    replacements: list[Replacement]
    sentences: Sentences
    attributes: Attributes = Attributes()
