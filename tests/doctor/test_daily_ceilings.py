"""The ceilings on what is begun in a day, as the doctor sees them."""

from datetime import UTC, datetime

from doctor.daily_ceilings import DailyCeilingsPart
from doctor.findings import Status
from storage.database import Database
from tests.doctor.scripted import said

PRICES = {"MESSAGE_PRICE": 0.1, "CALL_PRICE": 0.5}


def part(limits, *, spend=None, reached=None, url="sqlite://"):
    return DailyCeilingsPart(limits, spend, PRICES, lambda: Database(url), lambda _connection: reached)


def test_none_is_set():
    [found] = part({}).check()

    assert found.status is Status.OFF


def test_those_that_are_set_are_named(database_url):
    found = part({"DAILY_MESSAGES": "100"}, url=database_url).check()

    assert said(found).strip() == "ok: What is begun in a day has ceilings: DAILY_MESSAGES=100."


def test_one_that_is_used_up_is_named_with_its_end(database_url):
    reached = ("DAILY_MESSAGES", datetime(2026, 12, 1, tzinfo=UTC))

    assert "DAILY_MESSAGES is used up until 2026-12-01 00:00." in said(
        part({"DAILY_MESSAGES": "100"}, reached=reached, url=database_url).check()
    )


def test_a_price_above_what_may_be_spent_is_wrong():
    [found] = part({"DAILY_SPEND": "0.30"}, spend=0.3).check()

    assert found.status is Status.FIX
    assert "DAILY_SPEND is less than CALL_PRICE" in str(found.sentence)


def test_a_database_that_does_not_answer_is_the_matter_of_another_part(tmp_path):
    [found] = part({"DAILY_CALLS": "1"}, url=f"sqlite:///{tmp_path}/no/such/folder.db").check()

    assert found.status is Status.OK
