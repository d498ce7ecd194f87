"""Parses phone numbers, and converts them for matching and for dialling. Imports nothing of ours.

WhatsApp identifies people by the number with which they registered, and keeps digits that their country has since
changed: a 1 in Mexico, a 9 in Argentina, and no ninth digit in older mobile numbers of Brazil. A number is stored as it
was written, which is how WhatsApp reaches it; the other forms are derived from it when needed.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

import phonenumbers

# In E.164; whatever does not look exactly like this is left alone.
_MEXICO = re.compile(r"\+521([0-9]{10})")
_ARGENTINA = re.compile(r"\+549([0-9]{10})")
# Mobile numbers that began with 6, 8 or 9 and got a 9 before them by 2016; no other was given their old form. Those
# with a 7 are left alone: radio networks kept eight digits there, so with and without the 9 may be two people.
# Landlines begin with 2 to 5.
_BRAZIL = re.compile(r"\+55([1-9]{2})([689][0-9]{7})")

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BEFORE_A_NUMBER = re.compile(r"\s*(?:whatsapp|tel):", re.IGNORECASE)
_CALLING_CODES = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
_LETTER = re.compile(r"[^\W\d_]")
_NO_MOBILE = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)
WITHHELD_DIGITS = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""The caller's number as Twilio writes it where there is none: the keys of ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and
UNAVAILABLE. Nobody has such a number."""
MatchingNumber = NewType("MatchingNumber", str)
"""What finds a contact, and nothing else: the matching form of a number, or what stands for a withheld one."""
ReachAddress = NewType("ReachAddress", str)
"""A number as it came, by which somebody is written to or called; or what stands for one that is not known."""
ShownNumber = NewType("ShownNumber", str)
"""A number for people to read, or empty."""
NO_NUMBER = MatchingNumber("")
WITHHELD = "withheld:"
WITHOUT_NUMBER = "bsuid:"
"""Before the user id, in the address of a contact on WhatsApp who shows no number."""
ERASED = "erased:"
"""Before a random word, in the address of a contact who stands for somebody that was erased."""
_LONGEST_ID = 64


class PhoneNumberProblem(StrEnum):
    """The reasons for which a text is no phone number."""

    NO_COUNTRY_CODE = "no_country_code"
    IMPOSSIBLE = "impossible_number"


class PhoneNumberError(ValueError):
    """A text is no phone number. The message is the problem's name: whoever shows it words it."""

    def __init__(self, problem: PhoneNumberProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """A number. e164: as it was written: +5215512345678 stays so. dialled: as the network knows it."""

    e164: ReachAddress
    dialled: phonenumbers.PhoneNumber

    @property
    def is_landline(self) -> bool:
        """Return whether it is a landline or a service's (900, 902): WhatsApp's people have mobile numbers.

        Where a country tells landlines and mobiles not apart, such as the United States, none is a landline.
        """
        return phonenumbers.number_type(self.dialled) in _NO_MOBILE


def parse_e164(number: str, region: str | None = None) -> ReachAddress:
    """Return a number as E.164, as `parsed` reads it. Raises PhoneNumberError."""
    return parsed(number, region).e164


def parsed(number: str, region: str | None = None) -> ParsedNumber:
    """Read a number.

    Spaces, dots, dashes, and a whatsapp: before it are accepted. region: the country ("ES") of a number that is
    written without its country code; None: such a number is refused. Raises PhoneNumberError, for an impossible number
    too (ITU-T E.164, by phonenumbers' lengths).
    """
    try:
        written = phonenumbers.parse(number, region)
        e164 = phonenumbers.format_number(written, phonenumbers.PhoneNumberFormat.E164)
        # phonenumbers no longer knows Mexico's 1: what is checked is the number that the network knows
        dialable = dialable_number(e164)
        dialled = written if dialable == e164 else phonenumbers.parse(dialable)
    except phonenumbers.NumberParseException as error:
        raise PhoneNumberError(PhoneNumberProblem.NO_COUNTRY_CODE) from error
    if e164 in WITHHELD_DIGITS or not phonenumbers.is_possible_number(dialled):
        raise PhoneNumberError(PhoneNumberProblem.IMPOSSIBLE)
    return ParsedNumber(ReachAddress(e164), dialled)


def parse_typed(text: str, region: str | None = None) -> ReachAddress:
    """Return a number that a person typed as E.164, as `parsed_typed` reads it. Raises PhoneNumberError."""
    return parsed_typed(text, region).e164


def parsed_typed(text: str, region: str | None = None) -> ParsedNumber:
    """Read a number that a person typed, as `parsed` does. `whatsapp:` and `tel:` before it are accepted.

    Raises PhoneNumberError for letters too: phonenumbers reads +34 600 ABC 000 as a phone's keys, and skips "ext 5".
    """
    number = _BEFORE_A_NUMBER.sub("", text, count=1)
    if _LETTER.search(number):
        raise PhoneNumberError(PhoneNumberProblem.IMPOSSIBLE)
    return parsed(number, region)


def find_number(text: str, region: str | None) -> ReachAddress:
    """Return the number in a text from a program, as E.164 and as it was written; empty if there is none.

    It may be a SIP address, or a number of `region` without its country code.
    """
    try:
        return parse_e164(text.partition("@")[0], region)
    except PhoneNumberError:
        return ReachAddress("")


def region_of(language: str) -> str | None:
    """Return the country of a BCP 47 tag: "ES" of "es-ES"; None if it names none."""
    return next((part.upper() for part in language.split("-")[1:] if len(part) == 2), None)


def contact_address(number: str, conversation: str) -> MatchingNumber:
    """Return the address by which a contact is found: the matching form of their number.

    Whoever shows no number is nobody that we have met: their address is made of the conversation's id.
    """
    if _E164.fullmatch(number) and number not in WITHHELD_DIGITS:
        return matching_number(number)
    if len(conversation) > _LONGEST_ID:  # cut, two might become one
        conversation = hashlib.sha256(conversation.encode()).hexdigest()
    return MatchingNumber(f"{WITHHELD}{conversation}")


def is_withheld(address: str) -> bool:
    """Return whether a contact's address is no number: neither to be shown nor to be dialled."""
    return address.startswith(WITHHELD) or address in WITHHELD_DIGITS


def shown_number(number: ReachAddress) -> ShownNumber:
    """Return a number for people to read, as it came; empty where none is known: it was withheld, or is a user id."""
    is_none = is_withheld(number) or number.startswith((WITHOUT_NUMBER, ERASED))
    return ShownNumber("" if is_none else number)


def is_number(text: str) -> bool:
    """Return whether a text is a number in E.164, by which somebody can be reached."""
    return _E164.fullmatch(text) is not None


def is_erased(address: str) -> bool:
    """Return whether a contact's address stands for somebody who was erased."""
    return address.startswith(ERASED)


def matching_number(number: str) -> MatchingNumber:
    """Return the form of an E.164 number that identifies a person both on the phone and on WhatsApp.

    For matching alone: replies go to the sender's address in its channel's form. Two numbers share a form only if they
    cannot be two people; at worst somebody is taken for new. Idempotent.
    """
    if found := _ARGENTINA.fullmatch(number):
        return MatchingNumber(f"+54{found[1]}")
    return MatchingNumber(dialable_number(number))


def dialable_number(number: str) -> str:
    """Return the form of an E.164 number that the phone network knows. Idempotent.

    Argentina's 9 stays: it is dialled to reach its mobiles from abroad.
    """
    if found := _MEXICO.fullmatch(number):
        return f"+52{found[1]}"
    if found := _BRAZIL.fullmatch(number):
        return f"+55{found[1]}9{found[2]}"
    return number


def calling_code(number: str) -> str:
    """Return the calling code that an E.164 number, or its beginning, begins with: +34; empty if it has none."""
    # No code begins with another
    codes = (number[:length] for length in (2, 3, 4))
    return next((code for code in codes if code[1:].isdecimal() and int(code[1:]) in _CALLING_CODES), "")
