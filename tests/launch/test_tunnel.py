"""Without a WEBHOOK_URL the address of a running tunnel is taken, and known to the commands beside the server."""

import os

import pytest

from common.taken_address import LOCK, taken_address, told_to_others
from integrations.tunnels import Tunnel
from launch.lock import take_lock
from launch.tunnel import tunnel_taken
from settings import load_settings

TUNNEL = Tunnel("ngrok", "https://a.ngrok-free.app")


@pytest.fixture(autouse=True)
def no_public_address(monkeypatch):
    monkeypatch.setenv("WEBHOOK_URL", "")


def settings_in(folder, **values):
    return load_settings(None, data_dir=folder, **values)


def test_a_tunnel_to_the_port_is_taken_by_the_server_and_by_the_commands_beside_it(tmp_path):
    asked = []

    def find(port):
        asked.append(port)
        return [TUNNEL]

    with take_lock(tmp_path / LOCK), tunnel_taken(settings_in(tmp_path, port=5001), find) as taken:
        assert taken == TUNNEL
        assert os.environ["WEBHOOK_URL"] == TUNNEL.url  # which the children are given
        os.environ["WEBHOOK_URL"] = ""
        beside = settings_in(tmp_path)
        assert (beside.webhook_url, beside.is_public) == (TUNNEL.url, True)
        assert settings_in(tmp_path, webhook_url="https://shop.example").webhook_url == "https://shop.example"
    assert asked == [5001]
    assert settings_in(tmp_path).webhook_url is None


@pytest.mark.parametrize(("webhook_url", "tunnels"), [("https://shop.example", [TUNNEL]), (None, [])])
def test_with_a_public_address_or_without_a_tunnel_nothing_is_taken(tmp_path, webhook_url, tunnels):
    with tunnel_taken(settings_in(tmp_path, webhook_url=webhook_url), lambda port: tunnels) as taken:
        assert taken is None
        assert os.environ["WEBHOOK_URL"] == ""
        assert list(tmp_path.iterdir()) == []


def test_what_a_killed_assistant_left_behind_is_not_believed(tmp_path):
    with take_lock(tmp_path / LOCK), told_to_others(tmp_path, TUNNEL.url):
        assert taken_address(tmp_path) == TUNNEL.url
        left_behind = (tmp_path / "public_url").read_text()
    (tmp_path / "public_url").write_text(left_behind)

    assert taken_address(tmp_path) is None
    assert settings_in(tmp_path).webhook_url is None
    take_lock(tmp_path / LOCK).close()  # looking did not keep it locked
