"""Wrong passwords lock out who guesses, and nobody else."""

import pytest

from tests.dashboard.operator import PASSWORD, link_of


@pytest.fixture
def locked_desk(open_desk):
    """A dashboard with a password, and nobody logged in."""
    return open_desk(dashboard_password=PASSWORD)


def test_after_five_wrong_tries_not_even_the_right_password_opens(locked_desk):
    for _ in range(5):
        assert locked_desk.log_in("incorrect horse").status_code == 401

    locked = locked_desk.log_in()

    assert locked.status_code == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 30
    assert "Demasiados intentos" in locked.text
    assert locked_desk.get().status_code == 302


def test_who_is_locked_out_is_told_of_the_link_which_lets_them_in(locked_desk):
    for _ in range(6):
        locked = locked_desk.log_in("incorrect horse")

    assert "flask --app app dashboard-link" in locked.text
    locked_desk.get(link_of(locked_desk))
    assert locked_desk.get().status_code == 200


@pytest.mark.both_databases
def test_two_processes_count_wrong_tries_together(open_desk):
    one, other = (open_desk(dashboard_password=PASSWORD) for _ in range(2))

    for _ in range(5):
        one.log_in("incorrect horse")

    assert other.log_in().status_code == 429


def test_guesses_through_a_tunnel_do_not_lock_out_who_sits_at_the_machine(open_desk):
    stranger = open_desk(dashboard_password=PASSWORD, remote=True)
    for _ in range(6):
        stranger.log_in("incorrect horse")

    assert stranger.log_in().status_code == 429
    assert open_desk(dashboard_password=PASSWORD).log_in().status_code == 302


def test_behind_a_proxy_on_this_machine_one_clients_guesses_keep_no_other_out(open_desk):
    desk, guesser = (
        open_desk(dashboard_password=PASSWORD, remote=address) for address in ("203.0.113.9", "198.51.100.7")
    )
    for _ in range(6):
        guesser.log_in("incorrect horse")

    assert guesser.log_in().status_code == 429
    assert desk.log_in().status_code == 302


def test_what_a_client_writes_before_the_proxys_entry_counts_for_nothing(open_desk):
    for number in range(6):
        guesser = open_desk(dashboard_password=PASSWORD, remote=f"192.0.2.{number}, 198.51.100.7")
        last = guesser.log_in("incorrect horse")

    assert last.status_code == 429


def test_a_browser_that_was_in_before_is_kept_out_by_nobodys_guesses(open_desk):
    desk, guesser = (open_desk(dashboard_password=PASSWORD, remote=True) for _ in range(2))
    desk.log_in()
    desk.post("/dashboard/logout")
    for _ in range(6):
        guesser.log_in("incorrect horse")

    assert guesser.log_in().status_code == 429
    assert desk.log_in().status_code == 302


def test_a_browser_that_was_in_before_has_no_more_guesses_than_others(open_desk):
    desk = open_desk(dashboard_password=PASSWORD, remote=True)
    desk.log_in()
    desk.post("/dashboard/logout")

    assert [desk.log_in("incorrect horse").status_code for _ in range(6)] == [401] * 5 + [429]
