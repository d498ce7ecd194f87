"""What is said at the start of settings that are mostly wrong, and of what is off."""

import pytest

from observability.disabled_features import what_is_off
from observability.doubtful_settings import doubts
from settings import load_settings


def said(misspelt=(), unread=(), **values):
    found = doubts(load_settings(None, **values), dict(misspelt), list(unread))
    return [sentence.said_in("en") for sentence in found]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:5000", "this machine alone"), ("http://localhost:5000", "this machine alone"),
        ("https://[::1]:5000", "this machine alone"), ("http://192.168.1.5:5000", "your own network"),
        ("https://10.0.0.7", "your own network"), ("http://shop.example", "unencrypted"),
        ("https://shop.example/assistant", "the path /assistant"),
    ],
)  # fmt: skip
def test_an_address_that_twilio_cannot_use_well_is_told(url, says):
    [sentence] = said(webhook_url=url)

    assert sentence.startswith("WEBHOOK_URL") and says in sentence


@pytest.mark.parametrize("url", [None, "https://shop.example", "https://203.0.114.9"])
def test_nothing_is_told_of_an_address_that_is_well(url):
    assert said(webhook_url=url) == []


@pytest.mark.parametrize(
    ("host", "is_told"),
    [("192.168.1.5", True), ("shop.lan", True), ("127.0.0.1", False), ("0.0.0.0", False), ("[::]", False)],
)
def test_a_host_at_which_this_machine_is_no_longer_alone_is_told(host, is_told):
    told = [sentence for sentence in said(host=host) if sentence.startswith(f"HOST={host}")]

    assert [("127.0.0.1" in sentence) for sentence in told] == [True] * is_told


def test_misspelt_names_and_lines_that_are_ignored_are_told():
    told = said({"TWILIO_AUTHTOKEN": "TWILIO_AUTH_TOKEN"}, [4])

    assert [("Line 4" in told[0]), ("did you mean TWILIO_AUTH_TOKEN?" in told[1])] == [True, True]


@pytest.mark.parametrize(
    ("url", "dashboard", "api"),
    [
        (None, "only this machine may open", "only this machine may use"),
        ("http://127.0.0.1:5000", "only this machine may open", "only this machine may use"),
        ("https://shop.example", "opens by a link alone", "nobody may use"),
    ],
)
def test_who_may_open_the_dashboard_without_a_password_depends_on_the_address(url, dashboard, api):
    off = what_is_off(load_settings(None, webhook_url=url), "en")

    for setting, says in (("DASHBOARD_PASSWORD", dashboard), ("HANDOFF_API_KEY", api)):
        [sentence] = [sentence for sentence in off if sentence.startswith(setting)]
        assert says in sentence


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("https://models.example.com/llm", True),
        ("http://localhost:11434", False),
        ("https://shop.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21", False),
    ],
)
def test_an_address_of_the_model_with_more_than_one_reading_is_told(url, is_told):
    assert any("OPENAI_BASE_URL" in sentence for sentence in said(openai_base_url=url)) == is_told
