"""Measures, as 5 kg, 120 km/h, 1,80 m and 20 °C, with the names of units in the CLDR."""

import re

from babel.units import format_unit

from conversation.speech.languages import Language
from conversation.speech.rules.attributes import Attributes
from conversation.speech.rules.text import any_of

_UNITS = {
    "speed": "km/h kmh kilometer-per-hour; mph mile-per-hour; m/s meter-per-second",
    "mass": "kg kilogram; g gr gram; mg milligram; t tonne; lb lbs pound; oz ounce",
    "length": "km kilometer; m meter; cm centimeter; mm millimeter; mi mile; ft foot; yd yard",
    "area": "km² km2 square-kilometer; m² m2 square-meter; cm² cm2 square-centimeter; ha hectare",
    "volume": "m³ m3 cubic-meter; l L liter; cl centiliter; ml mL milliliter",
    "duration": "h hr hrs hs hour; min mins minute; s seg sec secs second; ms millisecond",
    "temperature": "°C ºC celsius; °F ºF fahrenheit",
    "angle": "° degree",
    "power": "kW kilowatt; W watt",
    "energy": "kWh kilowatt-hour; kcal kilocalorie",
    "electric": "V volt",
    "frequency": "Hz hertz; MHz megahertz; GHz gigahertz",
    "digital": "KB kilobyte; MB megabyte; GB gigabyte; TB terabyte",
}
"""By kind: signs of units, and the unit's name in the CLDR."""
CLDR = {
    sign: f"{kind}-{unit.split()[-1]}"
    for kind, units in _UNITS.items()
    for unit in units.split(";")
    for sign in unit.split()[:-1]
}
_LIKE = {"ºC": "°C", "ºF": "°F"}


class Units:
    """A language's units. One and two letters are units right after a number alone."""

    def __init__(self, language: Language, attributes: Attributes) -> None:
        own = language.words.units
        self._is_attribute = attributes.after_article
        self.names = {
            sign: own.get(_LIKE.get(sign, sign)) or _names(unit, language) for sign, unit in CLDR.items()
        }
        self.names |= own
        self._counted_as = language.words.fractions.counted_as
        self._pattern = re.compile(
            rf"(?<![\w.,/])((?:\d{{1,3}}(?:[.,]\d{{3}})+|\d++)(?:[.,]\d++)?) ?({any_of(self.names)})(?![\w²³]|\.\w)"
            r"(?:\.(?= [^\W\d_A-Z]|[,)]))?"
        )
        self._length = re.compile(r"(?<![\w.,/])(\d\d?)[.,](\d\d) ?m(?![\w²³/]|\.\w)")

    def __call__(self, text: str) -> str:
        if self._counted_as:
            text = self._length.sub(self._say_length, text)
        return self._pattern.sub(self._say, text)

    def _say(self, found: re.Match[str]) -> str:
        if found[2] == "s" and found[0][-2].isdigit():
            return found[0]  # the 1990s
        return f"{found[1]} {self.names[found[2]][found[1] != '1' and not self._is_attribute(found)]}"

    def _say_length(self, found: re.Match[str]) -> str:
        noun = self.names["m"][found[1] != "1"]
        if found[1] == "0":
            return f"{int(found[2])} {self.names['cm'][int(found[2]) != 1]}"
        if found[2] == "00":
            return f"{found[1]} {noun}"
        return self._counted_as.format(metres=found[1], noun=noun, centimetres=found[2].lstrip("0"))


def _names(unit: str, language: Language) -> tuple[str, str]:
    one, many = (format_unit(count, unit, length="long", locale=language.locale) for count in (1, 2))
    return one.removeprefix("1").strip(), many.removeprefix("2").strip()
