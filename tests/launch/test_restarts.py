"""How soon a process that died is started again, and when all is given up."""

from launch.children import DEATHS_WINDOW_S, RestartPolicy


def test_each_death_within_a_minute_doubles_the_wait_and_the_fifth_is_the_end():
    policy = RestartPolicy(is_vital=True)

    assert [policy.wait_s(now) for now in range(5)] == [0.25, 0.5, 1.0, 2.0, None]


def test_what_is_not_vital_is_started_again_for_ever():
    policy = RestartPolicy(is_vital=False)

    assert [policy.wait_s(now) for now in range(7)] == [0.25, 0.5, 1.0, 2.0, 15.0, 15.0, 15.0]


def test_deaths_a_minute_ago_are_forgotten():
    policy = RestartPolicy(is_vital=True)

    assert [policy.wait_s(n * DEATHS_WINDOW_S) for n in range(20)] == [0.25] * 20
