"""Phone numbers: as people write them, as they are found again, as they are dialled. Imports nothing of ours.

WhatsApp knows people by the number they once registered with, and keeps digits that their country has since moved:
a 1 in Mexico, a 9 in Argentina, and none of the ninth digit that Brazil put before its mobile numbers. A number is
kept as it was written, which is how WhatsApp reaches it; the other forms are made from that when they are needed.
"""

import re

import phonenumbers

# In E.164; whatever does not look exactly like this is left alone.
_MEXICO = re.compile(r"\+521([0-9]{10})")
_ARGENTINA = re.compile(r"\+549([0-9]{10})")
# Mobile numbers that began with 6, 8 or 9 and got a 9 before them by 2016; no other was given their old form. Those
# with a 7 are left alone: radio networks kept eight digits there, so with and without the 9 may be two people.
# Landlines begin with 2 to 5.
_BRAZIL = re.compile(r"\+55([1-9]{2})([689][0-9]{7})")


def parse_e164(number: str) -> str:
    """Return a number as E.164, in the form in which it was written: +5215512345678 stays so.

    Spaces, dots, dashes, and a whatsapp: before it are forgiven. Raises ValueError where no such number can exist
    (ITU-T E.164, by phonenumbers' lengths).
    """
    try:
        written = phonenumbers.parse(number)
        e164 = phonenumbers.format_number(written, phonenumbers.PhoneNumberFormat.E164)
        # phonenumbers no longer knows Mexico's 1: what is checked is the number that the network knows
        dialled = phonenumbers.parse(dialable_number(e164))
    except phonenumbers.NumberParseException as error:
        raise ValueError("must be a number with its country code, such as +34600000001") from error
    if not phonenumbers.is_possible_number(dialled):
        raise ValueError("is not a possible phone number: check its country code and its length")
    return str(e164)


def matching_number(number: str) -> str:
    """Return the form of an E.164 number by which somebody is recognised on the phone and on WhatsApp.

    For matching alone: replies go to the address that wrote, which is the one its channel knows. Two numbers get one
    form only where they cannot be two people; at worst somebody is taken for new. Idempotent.
    """
    if found := _ARGENTINA.fullmatch(number):
        return f"+54{found[1]}"
    return dialable_number(number)


def dialable_number(number: str) -> str:
    """Return the form of an E.164 number that the phone network knows. Idempotent.

    Argentina's 9 stays: from abroad its mobiles are called with it.
    """
    if found := _MEXICO.fullmatch(number):
        return f"+52{found[1]}"
    if found := _BRAZIL.fullmatch(number):
        return f"+55{found[1]}9{found[2]}"
    return number
