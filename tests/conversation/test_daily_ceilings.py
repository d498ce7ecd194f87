"""Ceilings on what the business begins in a day: at the last one, for several at once, and at midnight where it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversation.daily_ceilings import Begun, DailyCeilings, Limit, no_ceilings
from storage.models import LedgerTotal
from tests.records import every

pytestmark = pytest.mark.both_databases

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 11, 29, 11, tzinfo=UTC)
MESSAGE, CALL = Begun.MESSAGE, Begun.CALL


def ceilings(messages=None, calls=None, spend=None, prices=(0.1, 0.5)):
    limits = (Limit("DAILY_MESSAGES", messages, prices[0]), Limit("DAILY_CALLS", calls, prices[1]))
    return DailyCeilings(MADRID, *limits, spend)


@pytest.fixture
def take(database):
    def take(limits, kind=MESSAGE, many=1, at=NOON):
        return database.run(lambda connection: limits.take(connection, kind, many, at))

    return take


def left(database, limits, kind=MESSAGE, at=NOON):
    with database.read() as connection:
        return limits.left(connection, kind, at)


def test_as_much_begins_as_is_left(database, take):
    limits = ceilings(messages=5, calls=1)

    assert (take(limits, many=3), take(limits, many=3), take(limits)) == (3, 2, 0)
    assert (take(limits, CALL), take(limits, CALL)) == (1, 0)
    assert left(database, limits) == 0


@pytest.mark.parametrize("limits", [{"messages": 50, "spend": 100}, {"messages": 1000, "spend": 5}])
def test_of_many_at_once_no_more_begin_than_may(database, take, limits):
    limits = ceilings(**limits)

    with ThreadPoolExecutor(8) as threads:
        taken = sum(threads.map(lambda _: take(limits, many=3), range(40)))

    assert taken == 50
    assert [row.units for row in every(database, LedgerTotal) if row.kind == MESSAGE] == [50]


def test_messages_and_calls_share_what_may_be_spent(database, take):
    limits = ceilings(spend=1)

    assert (take(limits, CALL), take(limits, many=9), take(limits, CALL)) == (1, 5, 0)
    with database.read() as connection:
        reached = limits.reached(connection, CALL, NOON)
    assert (reached.setting, reached.limit) == ("DAILY_SPEND", "1.00")


def test_what_one_ceiling_refuses_is_not_counted_in_another(database, take):
    limits = ceilings(messages=5, spend=0.05)

    assert take(limits) == 0
    assert left(database, ceilings(messages=5)) == 5


def test_what_has_not_begun_is_given_back_once(database, take):
    limits = ceilings(messages=5, spend=10)
    take(limits, many=2)

    for _ in range(5):
        database.run(lambda connection: limits.give_back(connection, MESSAGE, NOON))

    assert left(database, limits) == 5
    assert {row.units for row in every(database, LedgerTotal)} == {0}


def test_what_was_promised_counts_beyond_the_ceiling(database, take):
    limits = ceilings(messages=1)
    take(limits)

    database.run(lambda connection: limits.count(connection, MESSAGE, NOON))

    assert [row.units for row in every(database, LedgerTotal)] == [2]
    assert left(database, limits) == 0


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        (NOON, datetime(2026, 11, 29, 23, tzinfo=UTC)),
        (datetime(2026, 11, 29, 23, 30, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC)),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # 23 hours long
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),  # 25
    ],
)
def test_the_day_ends_at_midnight_where_the_business_is(take, now, midnight):
    limits = ceilings(messages=1)
    take(limits, at=now)

    assert limits.next_day(now) == midnight
    assert take(limits, at=midnight - timedelta(seconds=1)) == 0
    assert take(limits, at=midnight) == 1


def test_nothing_is_counted_without_a_ceiling(database, take):
    assert take(no_ceilings(MADRID), many=1000) == 1000
    assert take(ceilings(calls=1), many=1000) == 1000
    database.run(lambda connection: ceilings(calls=1).count(connection, MESSAGE, NOON))

    assert left(database, no_ceilings(MADRID)) is None
    assert every(database, LedgerTotal) == []


def test_a_ceiling_of_nothing_lets_nothing_begin(take):
    assert take(ceilings(messages=0)) == 0
    assert take(ceilings(spend=0), CALL) == 0
