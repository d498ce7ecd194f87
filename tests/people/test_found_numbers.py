"""Numbers as programs write them, and the country that a profile is of."""

import pytest

from phone_numbers import find_number, region_of


@pytest.mark.parametrize(
    ("text", "region", "found"),
    [
        ("600112233", "ES", "+34600112233"),
        ("600 11 22 33", "ES", "+34600112233"),
        ("0034600112233", "ES", "+34600112233"),
        ("34600112233", "ES", "+34600112233"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("55 5555 0100", "MX", "+525555550100"),
        ("sip:+34600000021@sip.example.com", None, "+34600000021"),
        ("sip:600112233@192.0.2.1", "ES", "+34600112233"),
        ("tel:+34600000021", None, "+34600000021"),
        ("whatsapp:+5215555550100", "ES", "+5215555550100"),
        ("600112233", None, ""),
        ("sip:1001@pbx.example.com", "ES", ""),
        ("sip:anonymous@anonymous.invalid", "ES", ""),
        ("+266696687", "ES", ""),
        ("anonymous", "ES", ""),
        ("{{system__caller_id}}", "ES", ""),
        ("", "ES", ""),
        ("+" * 120, "ES", ""),
    ],
)
def test_a_number_is_found_in_what_programs_write(text, region, found):
    assert find_number(text, region) == found


@pytest.mark.parametrize(
    ("language", "region"),
    [("es-ES", "ES"), ("es-mx", "MX"), ("zh-Hant-TW", "TW"), ("es", None), ("es-419", None), ("", None)],
)
def test_a_profiles_language_names_its_country(language, region):
    assert region_of(language) == region
