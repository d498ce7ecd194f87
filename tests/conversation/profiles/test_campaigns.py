"""When a profile lets people be contacted."""

from datetime import date, time

import pytest

from conversation.profiles.campaigns import ContactRules
from conversation.profiles.profile import load_profile
from tests.conversation.conftest import BASIC


def rules(write, *lines):
    return load_profile(str(write("\n".join([BASIC, *lines])))).campaigns


def test_without_a_word_nights_and_weekends_are_quiet(write):
    assert rules(write) == ContactRules((time(21), time(9)), False, frozenset(), None)
    assert rules(write, "[campaigns]") == ContactRules()


def test_every_key_counts(write):
    found = rules(
        write,
        "[campaigns]",
        'quiet = "22:30 - 8:15"',
        "weekends = true",
        'holidays = ["2026-12-25", 2027-01-06]',
        "per_week = 2",
    )

    assert found == ContactRules(
        (time(22, 30), time(8, 15)), True, frozenset({date(2026, 12, 25), date(2027, 1, 6)}), 2
    )


def test_quiet_hours_can_be_given_up(write):
    assert rules(write, "[campaigns]", 'quiet = ""').quiet is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('quiet = "9-21"', '"quiet" must be two different times, such as "21:00-09:00", or "" for none.'),
        ('quiet = "09:00-09:00"', '"quiet" must be two different times, such as "21:00-09:00", or "" for none.'),
        ('quiet = "24:00-09:00"', '"quiet" must be two different times, such as "21:00-09:00", or "" for none.'),
        ("quiet = false", '"quiet" must be text in quotes, such as "text".'),
        ('weekends = "no"', '"weekends" must be true or false, without quotes.'),
        ('holidays = ["25/12/2026"]', 'an entry of "holidays" must be a date such as "2026-12-25".'),
        ("holidays = [2026-12-25T10:00:00]", 'an entry of "holidays" must be a date such as "2026-12-25".'),
        ("holidays = [20261225]", 'an entry of "holidays" must be a date such as "2026-12-25".'),
        ('per_week = "2"', '"per_week" must be a whole number without quotes, such as 3.'),
        ("per_week = 0", '"per_week" must be 1 or more.'),
        ("weekend = true", '"weekend" is not known here: write "weekends" if that is what it means.'),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_said(refusal, line, sentence):
    assert refusal(f"{BASIC}[campaigns]\n{line}\n") == f"8: {sentence}"


def test_a_key_of_campaigns_above_its_table_is_sent_there(refusal):
    assert refusal(BASIC + "per_week = 2\n") == (
        '7: "per_week" belongs further down, under a line [campaigns]: move it there.'
    )
