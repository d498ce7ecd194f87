"""Sums of money, as 12,50 €, US$ 1,200.50, 2 M€ and 20 EUR."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.attributes import Attributes
from conversation.speech.rules.text import any_of

SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "US$": "USD", "MX$": "MXN", "R$": "BRL", "S/": "PEN"} | {
    f"{place}$": code
    for place, code in {"CA": "CAD", "AU": "AUD", "A": "AUD", "NZ": "NZD", "HK": "HKD"}.items()
}
"""Signs of money as ISO 4217 codes; a mere "$" is the region's matter."""
CODES = frozenset(
    """
    ARS AUD BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DOP EUR GBP GTQ HNL INR JPY MAD MXN NIO NOK PEN PLN PYG SEK USD UYU
    VES
    """.split()  # noqa: SIM905 - a table is easier to read and to add to
)

_NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?![.,]\d{3})|\d{1,3}(?: \d{3}){1,4}(?![\d ]\d)|\d++"
_SIGN = r"(?:US|MX|R|CA|AU|A|NZ|HK)?\$|S/(?= ?\d)|[€£¥]"
_MONEY = re.compile(rf"[€$£¥]|S/|\b(?:{any_of(CODES)})\b")
_LONE_SIGN = re.compile(r" ?((?:US|MX|R|CA|AU|A|NZ|HK)?\$|[€£¥])[ $€£¥]*")
_MOST_DIGITS = 15  # of a sum that is worked out; longer ones are left as they are
_MILLION = 1_000_000


class Money:
    """A language's sums: "12 euros con 50", "un millón de euros"."""

    def __init__(self, language: Language, attributes: Attributes) -> None:
        self._language, self._words = language, language.words.money
        self._stands_before_noun = attributes.before_noun
        self._group = language.group
        scales = any_of(self._words.scales)
        codes, of = any_of(CODES), language.words.dates.of
        code = rf"{_SIGN}|\b(?:{codes})\b"
        before = rf"(?<![\w.,])(?P<before>{code}) ?(?P<big>{_NUMBER})(?:[.,](?P<small>\d{{1,2}}))?(?![.,]?\d)"
        scaled = rf"(?: ?(?P<scale>{scales})\b)?(?: (?P<code>{codes})\b)?"
        number = rf"(?<![\d.,'’])(?P<big2>{_NUMBER})(?:[.,'’](?P<small2>\d{{1,2}}))?"
        after = rf"{number} ?(?P<scale2>{scales})?(?: {of})? ?(?P<after>{code})"
        self._price = re.compile(f"{before}{scaled}|{after}")

    def __call__(self, text: str) -> str:
        if not _MONEY.search(text):
            return text
        return self._price.sub(self._say, text)

    def lone(self, text: str) -> str:
        """Say the signs that stand at no number."""
        return _LONE_SIGN.sub(lambda found: f" {self._language.currency(self._code(found[1]))[1]} ", text)

    def _code(self, sign: str) -> str:
        return self._language.dollar if sign == "$" else SIGNS.get(sign, sign)

    def _say(self, found: re.Match[str]) -> str:
        code = found["code"] or self._code(found["before"] or found["after"])
        one, many = self._language.currency(code)
        is_attribute = self._stands_before_noun(found)
        if is_attribute:
            many = one.partition(" ")[2]
        whole = re.sub("[., ]", "", found["big"] or found["big2"])
        small = found["small"] or found["small2"] or ""
        space = " " if found["after"] and found.string[found.end() : found.end() + 1].isalnum() else ""
        if scale := found["scale"] or found["scale2"]:
            decimals = self._language.decimal + small if small else ""
            return f"{whole}{decimals} {self._words.scales[scale]} {many}{space}"
        if len(whole) > _MOST_DIGITS:
            return f"{whole} {many}{space}"
        names = self._words.coins.get(code, self._words.coins["other"])
        cents = int((small + "00")[:2])
        coins = names[cents != 1 and not is_attribute]
        return self._sum(int(whole), cents, coins, one, many) + space

    def _sum(self, whole: int, cents: int, coins: str, one: str, many: str) -> str:
        if cents and not whole:
            return f"{cents} {coins}"
        sum_ = one if whole == 1 else f"{self._grouped(whole)} {many}"
        if not cents:
            return sum_
        template = self._words.with_coins if cents > 9 else self._words.with_few_coins
        return template.format(sum=sum_, cents=cents, coins=coins)

    def _grouped(self, number: int) -> str:
        """Group the digits from a million on: seven digits in a row would be read as a phone number."""
        if number < _MILLION:
            return str(number)
        millions, rest = divmod(number, _MILLION)
        if rest:
            return f"{number:,}".replace(",", self._group)
        return self._words.million[0] if millions == 1 else f"{millions} {self._words.million[1]}"
