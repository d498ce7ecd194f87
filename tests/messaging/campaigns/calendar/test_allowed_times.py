"""The next moment at which somebody may be contacted: allowed, and none before it is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.calendar.allowed_times import NeverAllowedError, next_allowed
from tests.examples import examples

MADRID, CANARY, NEW_YORK = (
    ZoneInfo("Europe/Madrid"),
    ZoneInfo("Atlantic/Canary"),
    ZoneInfo("America/New_York"),
)
ANY_DAY = ContactRules(weekends=True)


def at(text, zone=MADRID):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def local(moment, zone=MADRID):
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ("2026-12-03 12:00", "2026-12-03 12:00"),
        ("2026-12-03 20:59", "2026-12-03 20:59"),
        ("2026-12-03 21:00", "2026-12-04 09:00"),
        ("2026-12-04 08:59", "2026-12-04 09:00"),
        ("2026-12-04 09:00", "2026-12-04 09:00"),
        ("2026-12-04 21:00", "2026-12-07 09:00"),  # a Friday
    ],
)
def test_quiet_hours_and_weekends_are_waited_for(now, found):
    assert local(next_allowed(at(now), [MADRID], ContactRules())) == found


def test_holidays_are_waited_for_however_many_there_are():
    holidays = [date(2026, 12, 7) + timedelta(days=day) for day in range(40)]

    found = next_allowed(at("2026-12-04 22:00"), [MADRID], ContactRules(holidays=frozenset(holidays)))

    assert local(found) == "2027-01-18 09:00"  # a Monday; the last holiday is the Friday before


def test_a_moment_that_is_allowed_is_kept_to_the_microsecond():
    now = datetime(2026, 12, 3, 11, 0, 0, 5, UTC)

    assert next_allowed(now, [MADRID], ContactRules()) == now


def test_who_may_be_in_several_zones_is_contacted_when_all_of_them_allow_it():
    assert local(next_allowed(at("2026-12-03 03:00"), [MADRID, CANARY], ANY_DAY)) == "2026-12-03 10:00"
    assert local(next_allowed(at("2026-12-03 12:00"), [MADRID, NEW_YORK], ANY_DAY)) == "2026-12-03 15:00"
    assert local(next_allowed(at("2026-12-03 21:00"), [MADRID, NEW_YORK], ANY_DAY)) == "2026-12-04 15:00"


@pytest.mark.parametrize(
    ("now", "quiet", "found"),
    [
        # on 29 March, 2:00 becomes 3:00; on 25 October, 3:00 becomes 2:00
        ("2026-03-29 00:30+01:00", ("22:00", "02:30"), "2026-03-29 03:00+02:00"),
        ("2026-03-29 00:30+01:00", ("22:00", "03:15"), "2026-03-29 03:15+02:00"),
        ("2026-10-25 00:30+02:00", ("22:00", "02:30"), "2026-10-25 02:30+02:00"),
        ("2026-10-25 02:10+01:00", ("22:00", "02:30"), "2026-10-25 02:30+01:00"),
        ("2026-10-25 01:30+02:00", ("01:00", "02:00"), "2026-10-25 02:00+02:00"),
        ("2026-10-25 02:45+02:00", ("02:40", "02:50"), "2026-10-25 02:50+02:00"),
        ("2026-10-25 02:45+01:00", ("02:40", "02:50"), "2026-10-25 02:50+01:00"),
        # summer time ends one quiet stretch early: at 2:00 again it is not yet 2:30
        ("2026-10-25 02:30+02:00", ("02:30", "05:00"), "2026-10-25 02:00+01:00"),
    ],
)
def test_changes_of_summer_time_are_followed(now, quiet, found):
    rules = ContactRules(tuple(time.fromisoformat(each) for each in quiet), weekends=True)

    moment = next_allowed(datetime.fromisoformat(now), [MADRID], rules)

    assert moment == datetime.fromisoformat(found)


def test_zones_that_are_too_far_apart_are_said():
    zones = [ZoneInfo("Pacific/Auckland"), ZoneInfo("Europe/Madrid")]

    with pytest.raises(NeverAllowedError):
        next_allowed(at("2026-12-03 12:00"), zones, ContactRules(quiet=(time(20), time(10))))


def test_somebody_without_a_zone_is_an_error():
    with pytest.raises(ValueError, match="zone"):
        next_allowed(at("2026-12-03 12:00"), [], ANY_DAY)


def test_rules_that_never_allow_anything_cannot_be_made():
    with pytest.raises(ValueError, match="no time"):
        ContactRules(quiet=(time(9), time(9)))


# Against a look at every minute

ZONES = ["Europe/Madrid", "Atlantic/Canary", "America/New_York", "America/Santiago", "Asia/Kathmandu",
         "Australia/Lord_Howe",
         "Africa/Casablanca", "Asia/Beirut"]  # fmt: skip
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(*divmod(minute, 60)))
NEAR_CHANGES = st.sampled_from(
    [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC),
     datetime(2026, 9, 5, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC),
     datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 2, 14, tzinfo=UTC), datetime(2026, 3, 21, tzinfo=UTC)]
)  # fmt: skip
NOW = st.builds(lambda day, minutes: day + timedelta(minutes=minutes), NEAR_CHANGES, st.integers(-2880, 2880))
DAYS = st.dates(date(2026, 2, 1), date(2026, 12, 31))
RULES = st.builds(
    ContactRules,
    quiet=st.none() | st.tuples(MINUTES, MINUTES).filter(lambda pair: pair[0] != pair[1]),
    weekends=st.booleans(),
    holidays=st.frozensets(DAYS, max_size=3),
)


def says_a_clock(moment, zones, rules):
    """Whether a moment is allowed, worked out without the product."""
    for zone in zones:
        wall = moment.astimezone(zone)
        if wall.date() in rules.holidays or (not rules.weekends and wall.strftime("%a") in ("Sat", "Sun")):
            return False
        if rules.quiet:
            minute, begins, ends = (60 * each.hour + each.minute for each in (wall, *rules.quiet))
            if (minute - begins) % 1440 < (ends - begins) % 1440:
                return False
    return True


@given(NOW, st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True), RULES, st.booleans())
@examples(300)
def test_what_is_found_is_allowed_and_nothing_before_it_is(now, names, rules, is_near_holidays):
    zones = [ZoneInfo(name) for name in names]
    if is_near_holidays:
        rules = ContactRules(
            rules.quiet, rules.weekends, frozenset({now.date(), (now + timedelta(days=1)).date()})
        )

    try:
        found = next_allowed(now, zones, rules)
    except NeverAllowedError:
        found = now + timedelta(days=9)
    else:
        assert found >= now and found.tzinfo is UTC
        assert says_a_clock(found, zones, rules)

    minutes = int((found - now).total_seconds() // 60)
    assert found.second == 0
    assert not [
        n for n in range(min(minutes, 9 * 1440)) if says_a_clock(now + timedelta(minutes=n), zones, rules)
    ]
