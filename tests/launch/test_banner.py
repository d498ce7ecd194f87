"""The start's last screen: what it tells of a server that is alone, public, or behind a password."""

import pytest

from launch.banner import banner
from launch.warnings import tell_warnings
from settings import load_settings

PUBLIC = "https://shop.example"
LINKS = ("http://127.0.0.1:5000/dashboard/open?key=a.b", f"{PUBLIC}/dashboard/open?key=c.d")


def lines(links=(), **values):
    return banner(load_settings(None, **values), links).strip().splitlines()


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("links", [(), LINKS])
@pytest.mark.parametrize("url", [None, PUBLIC])
def test_it_is_six_lines_at_most(lang, links, url):
    assert len(lines(links, lang=lang, webhook_url=url)) <= 6


def test_alone_it_says_where_to_hear_it_and_what_to_do_next():
    said = lines(lang="en")

    assert [line.split()[-1] for line in said[:2]] == [
        "http://127.0.0.1:5000/dashboard/phone",
        "http://127.0.0.1:5000/dashboard/",
    ]
    assert "flask --app app phone" in said[2] and "flask --app app doctor" in said[3]
    assert "/voice" not in "".join(said)


def test_of_a_public_server_it_says_what_twilio_is_to_call():
    said = lines(lang="en", webhook_url=PUBLIC, dashboard_password="correct horse")

    assert [line.split()[-1] for line in said if PUBLIC in line] == [
        f"{PUBLIC}/voice",
        f"{PUBLIC}/webhook/whatsapp/",
    ]


def test_an_address_of_this_machine_alone_is_none_that_twilio_can_call():
    assert "/voice" not in "".join(lines(webhook_url="http://127.0.0.1:5000"))


def test_a_closed_dashboard_is_shown_by_the_links_that_open_it():
    said = lines(LINKS, webhook_url=PUBLIC)

    assert [line.split()[-1] for line in said[:2]] == list(LINKS)
    assert "http://127.0.0.1:5000/dashboard/phone" not in "".join(said)


def test_each_warning_is_said_once(capfd, tmp_path):
    settings = load_settings(None, webhook_url=PUBLIC, lang="en", data_dir=tmp_path, log_format="json")

    tell_warnings(settings)

    said = capfd.readouterr().err
    assert [said.count(f"{name} is not set") for name in ("OPENAI_API_KEY", "DASHBOARD_PASSWORD")] == [1, 1]
    assert "only this machine may open" not in said
