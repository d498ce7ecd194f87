"""With a public address and no password the dashboard opens with a link, which a command on the machine prints."""

import time

import pytest

from guards.one_time_links import VALID_S
from tests.dashboard.operator import PASSWORD, link_of

PUBLIC = "https://shop.example"


@pytest.fixture
def desk(open_desk):
    return open_desk(webhook_url=PUBLIC)


def test_a_silent_proxy_shows_nobody_the_dashboard(desk):
    refused = desk.get()

    assert refused.status_code == 403
    assert "dashboard-link" in refused.text and "DASHBOARD_PASSWORD" in refused.text


@pytest.mark.parametrize("address", [None, "http://127.0.0.1:5000", "http://localhost:5000"])
def test_without_a_public_address_this_machine_needs_no_link(open_desk, address):
    assert open_desk(webhook_url=address).get().status_code == 200


@pytest.mark.both_databases
def test_the_link_opens_it_once(desk, open_desk):
    link, other = link_of(desk), open_desk(webhook_url=PUBLIC)

    assert desk.get(link).location == "/dashboard/name"
    assert desk.get().status_code == 200
    assert other.get(link).status_code == 403
    assert other.get().status_code == 403


def test_the_link_ends_after_ten_minutes(desk, monkeypatch):
    link = link_of(desk)
    later = time.time() + VALID_S + 1
    monkeypatch.setattr("time.time", lambda: later)

    refused = desk.get(link)

    assert refused.status_code == 403
    assert "dashboard-link" in refused.text
    assert desk.get().status_code == 403


@pytest.mark.parametrize("key", ["", "x", "a.b.c"])
def test_what_is_no_link_opens_nothing(desk, key):
    assert desk.get(f"/dashboard/open?key={key}").status_code == 403
    assert desk.get().status_code == 403


def test_the_command_names_every_address(desk):
    said = desk.app.test_cli_runner().invoke(args=["dashboard-link"]).output

    assert "http://127.0.0.1:5000/dashboard/open?key=" in said
    assert f"{PUBLIC}/dashboard/open?key=" in said


def test_a_link_opens_it_where_there_is_a_password_too(open_desk):
    desk = open_desk(dashboard_password=PASSWORD)

    desk.get(link_of(desk))

    assert desk.get().status_code == 200
