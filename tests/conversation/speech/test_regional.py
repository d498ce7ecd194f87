"""Dates and numbers in figures, as a region writes them."""

from datetime import date

import pytest

from conversation.speech.regional import written_forms


@pytest.mark.parametrize(
    ("tag", "day", "decimal"),
    [
        ("es-ES", "3/12/2026", ","), ("es-MX", "3/12/2026", "."), ("es-US", "3/12/2026", "."),
        ("en-US", "12/3/2026", "."),
        ("en-GB", "3/12/2026", "."), ("pt-BR", "3/12/2026", ","), ("es-419", "3/12/2026", "."),
        ("en-ZZ", "12/3/2026", "."), ("xx-YY", "3/12/2026", ","),
    ],
)  # fmt: skip
def test_dates_and_numbers_are_written_as_in_their_region(tag, day, decimal):
    forms = written_forms(tag)

    assert forms.date(date(2026, 12, 3)) == day
    assert forms.decimal == decimal
