"""The zones in which somebody may be."""

import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from messaging.campaigns.calendar.zones import zones_for, zones_of_number
from settings import ROOT

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+34600000001", {"Europe/Madrid", "Atlantic/Canary", "Africa/Ceuta"}),
        ("+12125550123", {"America/New_York"}),
        ("+14155550123", {"America/Los_Angeles"}),
        ("+447400000001", {"Europe/London", "Europe/Isle_of_Man", "Europe/Jersey", "Europe/Guernsey"}),
    ],
)
def test_a_number_may_be_in_the_zones_of_its_country_and_area(number, zones):
    found = {zone.key for zone in zones_of_number(number)}

    assert found and found <= zones


def test_the_zone_of_somebodys_line_counts_before_those_of_the_number():
    assert zones_for("+12125550123", MADRID, ZoneInfo("UTC")) == (MADRID,)


def test_a_number_of_no_country_is_where_the_profile_is():
    assert zones_for("+88213000001", None, MADRID) == (MADRID,)


def test_a_mexican_number_as_whatsapp_has_it_is_in_mexico():
    assert {zone.key.partition("/")[0] for zone in zones_of_number("+5215555550100")} == {"America"}


def test_the_data_of_zones_are_not_read_before_the_first_number():
    program = (
        "import sys, messaging.campaigns.calendar.zones as z; before = 'phonenumbers.timezone' in sys.modules; "
        "z.zones_of_number('+34600000001'); print(before, 'phonenumbers.timezone' in sys.modules)"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert said.stdout == "False True\n"
