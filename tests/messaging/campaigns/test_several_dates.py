"""Somebody who is on a list of reminders with several dates: each has its reminder."""

from datetime import timedelta

import pytest

from messaging.campaigns.list_changes import Changes
from storage.models import SkipReason
from tests.messaging.campaigns.reminders import (
    AGO,
    LATER,
    SOON,
    TOMORROW,
    change,
    reminded,
    send_what_is_due,
)
from tests.messaging.campaigns.stand import number

pytestmark = pytest.mark.both_databases
NEXT_WEEK = TOMORROW + timedelta(days=7)


def dates(stand, state):
    return sorted(one.moment_at for one in stand.recipients() if one.state == state)


def two(first, second, *, due_at=SOON):
    """One number with two dates; the lines are the list's."""
    return [on_line(2, due_at, first), on_line(3, due_at, second)]


def on_line(line, due_at, moment_at):
    listed = reminded(1, due_at, moment_at)
    return type(listed)(
        line, listed.number, listed.body, listed.variables, {}, due_at=due_at, moment_at=moment_at
    )


def test_each_date_has_its_reminder_and_the_same_date_twice_is_one(stand):
    stand.start([*two(TOMORROW, NEXT_WEEK, due_at=AGO), on_line(4, AGO, TOMORROW)])

    send_what_is_due(stand)

    assert stand.to() == [number(1)] * 2
    assert dates(stand, "sent") == [TOMORROW, NEXT_WEEK]
    assert [one.reason for one in stand.recipients() if one.state == "skipped"] == [SkipReason.DUPLICATE]


def test_the_same_list_again_changes_nothing(stand):
    stand.start(two(TOMORROW, NEXT_WEEK))

    assert change(stand, two(NEXT_WEEK, TOMORROW)) == Changes(same=2)
    assert dates(stand, "waiting") == [TOMORROW, NEXT_WEEK]


def test_of_two_dates_the_one_that_is_gone_has_moved(stand):
    stand.start([on_line(2, AGO, TOMORROW), on_line(3, SOON, NEXT_WEEK)])
    send_what_is_due(stand)

    assert change(stand, [on_line(2, AGO, TOMORROW), on_line(3, AGO, LATER)]) == Changes(moved=1, same=1)
    send_what_is_due(stand)

    assert stand.to() == [number(1)] * 2
    assert dates(stand, "sent") == [LATER, TOMORROW]


def test_a_second_date_is_new_and_one_that_is_cancelled_is_gone(stand):
    stand.start([on_line(2, SOON, TOMORROW)])

    assert change(stand, two(TOMORROW, NEXT_WEEK)) == Changes(added=1, same=1)
    assert change(stand, [on_line(2, SOON, NEXT_WEEK)]) == Changes(gone=1, same=1)

    assert dates(stand, "waiting") == [NEXT_WEEK]
    assert dates(stand, "skipped") == [TOMORROW]


def test_two_that_are_both_moved_stay_two(stand):
    stand.start(two(SOON, TOMORROW))

    assert change(stand, two(LATER, NEXT_WEEK)) == Changes(moved=2)

    assert dates(stand, "waiting") == [LATER, NEXT_WEEK]
