"""The figures of campaigns run from end to end; what they say of a tiny run means nothing."""

from collections import Counter

import pytest

from bench.campaigns.list_files import write_csv, write_xlsx
from bench.campaigns.run import Sent
from messaging.campaigns.files.problems import Problem
from messaging.campaigns.files.recipients import Wanted, recipients
from messaging.campaigns.files.tables import read_table
from tests.bench.tables import errors_in, table_of

TINY = ("--lines", "40", "--recipients", "12")


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_a_list_has_people_of_two_countries_each_once_with_what_a_reminder_needs(tmp_path, write):
    path = tmp_path / "list"
    write(path, 40)

    found = list(recipients(read_table(path), Wanted("es-ES")))

    assert [one for one in found if isinstance(one, Problem)] == []
    assert Counter(one.number[:3] for one in found) == {"+34": 20, "+52": 20}
    assert [*found[0].values] == ["nombre", "fecha", "hora", "ciudad", "precio"]


def test_both_kinds_of_file_have_the_same_people(tmp_path):
    write_csv(tmp_path / "csv", 40)
    write_xlsx(tmp_path / "xlsx", 40)

    of_csv, of_xlsx = (
        [
            (one.line, one.number, one.values["nombre"])
            for one in recipients(read_table(path), Wanted("es-ES"))
        ]
        for path in (tmp_path / "csv", tmp_path / "xlsx")
    )

    assert of_csv == of_xlsx


def test_the_fullest_second_begins_anywhere():
    sent = Sent(at=[0.0, 0.5, 0.9, 1.2, 1.4, 1.9, 5.0], to=Counter())

    assert sent.most_in_a_second == 4


def test_the_rate_is_that_of_what_comes_once_all_threads_are_busy():
    burst, steady = [n / 1000 for n in range(32)], [1 + n / 20 for n in range(100)]

    assert Sent(at=burst + steady, to=Counter()).per_s == pytest.approx(20)


@pytest.mark.bench
@pytest.mark.timeout(240)
def test_a_tiny_run_of_campaigns_reaches_everybody_once_and_loses_no_word():
    figures = ("campaign-lists", "campaign-costs", "campaign-beside")

    *errors, beside = errors_in(table_of(*TINY, figures=figures, within_s=230))

    assert errors == ["0 of 40 lines not read"] * 2 + ["0 in 12"] * 2
    assert beside.startswith("0 in ")
