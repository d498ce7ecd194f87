"""The same person has one number, whether they call or write; two people never have."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.phone_numbers import matching_number


@pytest.mark.parametrize(
    ("on_whatsapp", "on_the_phone"),
    [
        ("+5215555550100", "+525555550100"),
        ("+5491155550100", "+541155550100"),
        ("+553185550100", "+5531985550100"),
        ("+551165550100", "+5511965550100"),
        ("+559195550100", "+5591995550100"),
    ],
)
def test_somebody_is_known_again_on_the_other_channel(on_whatsapp, on_the_phone):
    assert matching_number(on_whatsapp) == matching_number(on_the_phone)


@pytest.mark.parametrize("country", ["Mexico", "Argentina"])
def test_mexicos_1_and_argentinas_9_go(country):
    written, dialled = {
        "Mexico": ("+5215555550100", "+525555550100"),
        "Argentina": ("+5491155550100", "+541155550100"),
    }[country]

    assert matching_number(written) == dialled


def test_brazils_ninth_digit_comes_back():
    assert matching_number("+553185550100") == "+5531985550100"


@pytest.mark.parametrize(
    "number",
    [
        "+12025550123",
        "+34600000001",
        "+525215550100",  # ten digits after +52, though they begin with 5 2 1
        "+52155555010",  # a digit short of +521 and ten
        "+52155555501001",
        "+54911555501",
        "+551133330100",  # landlines of Brazil
        "+551122220100",
        "+551175550100",  # may be a radio number, and the one with a 9 before it somebody else's
        "+5511985550100",
        "+550185550100",  # no area code has a 0
        "+521555555010a",
        "+521٥٥٥٥٥٥٠١٠٠",
        "525555550100",
        "",
        "anonymous",
    ],
)
def test_any_other_number_stays_as_it_is(number):
    assert matching_number(number) == number


@given(st.from_regex(r"\A\+(52|521|54|549|55)[0-9]{7,12}\Z"))
def test_a_number_that_was_matched_matches_itself(number):
    once = matching_number(number)

    assert matching_number(once) == once


@given(st.from_regex(r"\A\+55[1-9]{2}[0-9]{8}\Z"))
def test_no_brazilian_number_that_somebody_can_have_is_taken_for_another(number):
    if phonenumbers.is_valid_number(phonenumbers.parse(number)):
        assert matching_number(number) == number
