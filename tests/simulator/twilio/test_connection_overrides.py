import pytest

from simulator.twilio.connection_overrides import Overrides, parse_overrides


def test_without_a_fragment_twilios_defaults_hold():
    overrides, problems = parse_overrides("")

    assert overrides == Overrides(5, 15, 15, 1, frozenset({"ct"}))
    assert problems == []


def test_a_fragment_sets_times_retries_and_policy():
    overrides, problems = parse_overrides("ct=2000&rt=6000&tt=9000&rc=2&rp=ct,rt,5xx&e=dublin&sni=y")

    assert overrides == Overrides(2, 6, 9, 2, frozenset({"ct", "rt", "5xx"}))
    assert problems == []


@pytest.mark.parametrize(
    "fragment", ["ct=50", "rt=15001", "tt=abc", "rc=6", "rc=-1", "rp=3xx", "rp=", "xx=1", "ct="]
)
def test_what_a_fragment_cannot_say_is_ignored_with_one_sentence(fragment):
    overrides, problems = parse_overrides(fragment)

    assert overrides == Overrides()
    assert len(problems) == 1


def test_the_policy_all_asks_again_after_anything():
    overrides, _ = parse_overrides("rp=all")

    assert all(overrides.retries_after(failure) for failure in ("4xx", "5xx", "ct", "rt"))


def test_no_policy_asks_again_after_success():
    overrides, _ = parse_overrides("rp=all")

    assert not overrides.retries_after("")
