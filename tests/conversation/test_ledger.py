"""Ceilings on what costs: at the last unit, twice, after a death, at midnight, and for callers without a number."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from conversation.ledger import WITHHELD_TIMES, Ceiling, Kind, Ledger
from integrations.language_model import Usage
from phone_numbers import matching_number
from storage.database import Database
from storage.identities.finding import Evidence, identity_of_number
from storage.identities.merging import merge, pass_on
from storage.ledger import accounts, entries
from storage.ledger.entries import Account, Use
from storage.models import LedgerEntry, LedgerTotal
from storage.queries import calls
from storage.queries.calls import CallFacts
from tests.records import every
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.both_databases

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 11, 29, 11, tzinfo=UTC)
ANA, LUIS = Account("contact:1", 1), Account("contact:2", 2)
CEILINGS = {
    Kind.TRANSFER: Ceiling(3),
    Kind.TRANSCRIBED_S: Ceiling(100),
    Kind.PHONE_TURN: Ceiling(4, an_hour=2),
}
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def ceilings():
    return Ledger(MADRID, CEILINGS)


@pytest.fixture
def reserve(database, ceilings):
    def reserve_one(key, account=ANA, kind=Kind.TRANSFER, now=NOON, **options):
        with database.write() as connection:
            return ceilings.reserve(connection, account, kind, key, now, **options)

    return reserve_one


def units(database, kind=Kind.TRANSFER):
    return {row.account: row.units for row in every(database, LedgerTotal) if row.kind == kind}


def test_a_person_has_so_many_and_another_person_as_many(reserve):
    got = [reserve(f"{number}").is_granted for number in range(5)]

    assert got == [True, True, True, False, False]
    assert reserve("another's", LUIS).is_granted


def test_what_is_refused_is_free_again_at_midnight_where_the_business_is(reserve):
    for number in range(3):
        reserve(f"{number}")

    refused = reserve("late", now=NOON)

    assert refused.free_at == datetime(2026, 11, 30, tzinfo=MADRID)
    assert not reserve("later", now=datetime(2026, 11, 29, 22, 59, tzinfo=UTC)).is_granted
    assert reserve("tomorrow", now=datetime(2026, 11, 29, 23, 0, tzinfo=UTC)).is_granted


def test_the_same_asked_twice_counts_once_also_at_the_ceiling(reserve, database):
    for number in range(3):
        reserve(f"{number}")

    assert reserve("2").is_granted
    assert units(database) == {"contact:1": 3}


def test_units_that_do_not_fit_are_refused_whole_and_fewer_are_not(reserve, database):
    def second(key, many):
        return reserve(key, kind=Kind.TRANSCRIBED_S, units=many).is_granted

    assert [second("a", 101), second("b", 60), second("c", 60), second("d", 40)] == [False, True, False, True]
    assert units(database, Kind.TRANSCRIBED_S) == {"contact:1": 100}


def test_a_refusal_is_counted_and_logged_by_the_contacts_id(reserve, database):
    for number in range(3):
        reserve(f"{number}")

    with capture_logs() as lines:
        reserve("one more")

    assert [row.refused for row in every(database, LedgerTotal)] == [1]
    assert [(line["event"], line["kind"], line["contact_id"]) for line in lines] == [
        ("ceiling_reached", Kind.TRANSFER, 1)
    ]


def test_of_many_at_once_as_many_get_it_as_there_are_units(database_url, database, ceilings):
    at_once, together = 8, threading.Barrier(8, timeout=PATIENCE_S)

    def ask(own, number):
        together.wait()
        with own.write() as connection:
            return ceilings.reserve(connection, ANA, Kind.TRANSFER, f"{number}", NOON).is_granted

    with ExitStack() as stack, ThreadPoolExecutor(at_once) as pool:
        owns = [
            Database(database_url, busy_timeout_s=PATIENCE_S) for _ in range(at_once)
        ]  # as processes have
        for own in owns:
            stack.callback(own.close)
        got = list(pool.map(ask, owns, range(at_once)))

    assert got.count(True) == 3
    assert units(database) == {"contact:1": 3}
    assert len(every(database, LedgerEntry)) == 3


def test_of_the_same_asked_by_many_at_once_one_is_counted(database_url, database, ceilings):
    at_once, together = 8, threading.Barrier(8, timeout=PATIENCE_S)

    def ask(own):
        together.wait()
        with own.write() as connection:
            return ceilings.reserve(connection, ANA, Kind.TRANSFER, "the same", NOON).is_granted

    with ExitStack() as stack, ThreadPoolExecutor(at_once) as pool:
        owns = [Database(database_url, busy_timeout_s=PATIENCE_S) for _ in range(at_once)]
        for own in owns:
            stack.callback(own.close)
        got = list(pool.map(ask, owns))

    assert all(got)
    assert units(database) == {"contact:1": 1}


def test_what_a_dead_process_had_reserved_is_given_back_when_it_is_needed(reserve, database):
    for number in range(3):
        reserve(f"{number}", lasts=AN_HOUR)

    assert not reserve("too early", now=NOON + AN_HOUR).is_granted
    assert reserve("late enough", now=NOON + AN_HOUR + timedelta(seconds=1)).is_granted
    assert units(database) == {"contact:1": 1}


def test_what_is_settled_stands_and_what_else_it_cost_is_counted_once(reserve, database, ceilings):
    for number in range(3):
        reserve(f"{number}", lasts=AN_HOUR)
    for _ in range(2):
        with database.write() as connection:
            ceilings.settle(connection, "1", NOON, [(Kind.TRANSFERRED_S, 40)])

    reserve("a day's end", now=NOON + 2 * AN_HOUR)

    assert units(database) == {"contact:1": 2}  # the settled one, and the new one
    assert units(database, Kind.TRANSFERRED_S) == {"contact:1": 40}


def test_what_is_released_is_free_and_a_settled_one_cannot_be(reserve, database, ceilings):
    for number in range(3):
        reserve(f"{number}", lasts=AN_HOUR)
    with database.write() as connection:
        ceilings.settle(connection, "0", NOON)
        for key in ("0", "1", "1"):
            ceilings.release(connection, key)

    assert units(database) == {"contact:1": 2}


def test_a_reservation_of_a_transaction_that_fails_was_never_made(reserve, database, ceilings):
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        ceilings.reserve(connection, ANA, Kind.TRANSFER, "lost", NOON)
        raise ZeroDivisionError

    assert every(database, LedgerTotal) == every(database, LedgerEntry) == []


def call(database, number, contact_address, *, simulated=False):
    facts = CallFacts(
        f"CA{number}", "inbound", "", "+12025550100", "in-progress", contact_address, simulated=simulated
    )
    with database.write() as connection:
        return calls.open_call(connection, facts, NOON).key


def account(database, key):
    with database.read() as connection:
        return accounts.of_key(connection, key)


def test_callers_without_a_number_share_a_generous_ceiling(reserve, database):
    callers = [account(database, call(database, n, f"withheld:CA{n}")) for n in range(3)]

    got = [reserve(f"{n}", callers[n % 3]).is_granted for n in range(3 * WITHHELD_TIMES + 1)]

    assert len({caller.contact_id for caller in callers}) == 3
    assert got == [True] * 3 * WITHHELD_TIMES + [False]


def test_the_simulators_contacts_are_counted_and_never_refused(reserve, database):
    simulated = account(database, call(database, 1, "+34600000001", simulated=True))

    assert all(reserve(f"{number}", simulated).is_granted for number in range(10))
    assert list(units(database).values()) == [10]


def test_turns_have_a_ceiling_an_hour_and_one_a_day(database, ceilings):
    key = call(database, 1, "+34600000001")

    def free_at(now):
        with database.read() as connection:
            return ceilings.standing(connection, key, Kind.PHONE_TURN, now).free_at

    def count(now, times):
        for _ in range(times):
            with database.write() as connection:
                ceilings.count_turn(connection, account(database, key), Kind.PHONE_TURN, Usage(700, 30), now)

    count(NOON, 1)
    assert free_at(NOON) is None
    count(NOON, 1)
    assert free_at(NOON + timedelta(minutes=59)) == NOON + AN_HOUR
    assert free_at(NOON + AN_HOUR) is None
    count(NOON + AN_HOUR, 2)
    assert free_at(NOON + 3 * AN_HOUR) == datetime(2026, 11, 30, tzinfo=MADRID)
    assert free_at(NOON + 24 * AN_HOUR) is None
    assert set(units(database, Kind.PROMPT_TOKENS).values()) == {2800}
    assert set(units(database, Kind.COMPLETION_TOKENS).values()) == {120}


def test_old_entries_and_totals_are_forgotten(reserve, database, ceilings):
    reserve("long ago", now=NOON - timedelta(days=500))
    reserve("a month ago", now=NOON - timedelta(days=30))
    reserve("today")
    with database.write() as connection:
        entries.add(connection, {Use("contact:1", "phone-turn", "2026-11-29T12"): 1})
        ceilings.forget(connection, NOON)

    assert [entry.key for entry in every(database, LedgerEntry)] == ["today"]
    assert [row.period for row in every(database, LedgerTotal)] == [
        "2026-10-30",
        "2026-11-29",
        "2026-11-29T12",
    ]


def test_hours_and_minutes_are_forgotten_within_days_and_days_are_not(database, ceilings):
    old = ["2026-11-26T23", "2026-11-26T23:59", "2026-11-26"]
    kept = ["2026-11-27T00", "2026-11-29T12:05"]
    with database.write() as connection:
        for period in old + kept:
            entries.add(connection, {Use("contact:1", "phone-turn", period): 1})
        ceilings.forget(connection, NOON)

    assert [row.period for row in every(database, LedgerTotal)] == ["2026-11-26", *kept]


def test_a_total_never_gets_the_number_of_one_that_is_forgotten(database, ceilings):
    """What undoes a merge names totals by their numbers."""
    with database.write() as connection:
        entries.add(connection, {Use("contact:1", "phone-turn", "2026-11-20T12"): 1})
        [before] = connection.execute(select(LedgerTotal.id)).scalars()
        ceilings.forget(connection, NOON)
        entries.add(connection, {Use("contact:2", "phone-turn", "2026-11-29"): 1})

    assert [row.id for row in every(database, LedgerTotal) if row.account == "contact:2"] != [before]


def test_what_two_contacts_have_used_is_one_persons_once_they_are_one(reserve, database):
    one, other = (account(database, call(database, n, f"+3460000000{n}")) for n in (1, 2))
    for number, whose in enumerate((one, other, other)):
        reserve(f"{number}", whose)

    with database.write() as connection:
        merge(connection, one.contact_id, other.contact_id, NOON, Evidence.MESSAGE)

    assert account(database, "phone:CA2") == one
    assert units(database) == {one.name: 3, other.name: 0}
    assert not reserve("one more", one).is_granted


def test_whose_number_is_another_persons_by_now_is_no_caller_without_a_number(database):
    ana, luis = (account(database, call(database, n, f"+3460000000{n}")) for n in (1, 2))
    key = identity_of_number(matching_number("+34600000001"), False)

    with database.write() as connection:
        pass_on(connection, key, ana.contact_id, luis.contact_id, NOON, Evidence.MESSAGE)

    assert account(database, "phone:CA1") == ana
