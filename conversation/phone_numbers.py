"""One person, one number, whichever channel they come by.

WhatsApp knows people by the number they once registered with, and keeps digits that their country has since moved:
a 1 in Mexico, a 9 in Argentina, and none of the ninth digit that Brazil put before its mobile numbers.
"""

import re

# In E.164; whatever does not look exactly like this is left alone.
_MEXICO = re.compile(r"\+521([0-9]{10})")
_ARGENTINA = re.compile(r"\+549([0-9]{10})")
# Mobile numbers that began with 6, 8 or 9 and got a 9 before them by 2016; no other was given their old form. Those
# with a 7 are left alone: radio networks kept eight digits there, so with and without the 9 may be two people.
# Landlines begin with 2 to 5.
_BRAZIL = re.compile(r"\+55([1-9]{2})([689][0-9]{7})")


def matching_number(number: str) -> str:
    """Return the form of an E.164 number by which somebody is recognised on the phone and on WhatsApp.

    For matching alone: replies go to the address that wrote, which is the one its channel knows. Two numbers get one
    form only where they cannot be two people; at worst somebody is taken for new. Idempotent.
    """
    if found := _MEXICO.fullmatch(number):
        return f"+52{found[1]}"
    if found := _ARGENTINA.fullmatch(number):
        return f"+54{found[1]}"
    if found := _BRAZIL.fullmatch(number):
        return f"+55{found[1]}9{found[2]}"
    return number
