"""Where the server is reached: here, at its public address, through a tunnel, and who answers there instead."""

import socket

import pytest

from doctor.address import AddressPart
from doctor.findings import Status
from doctor.reached_server import Who, ask
from doctor.runner import will_calls_work
from integrations.tunnels import Tunnel
from tests.fakes.fixed_answers import Answer, FixedAnswers, answer
from web.server_proof import ServerProof

OURS, OTHER = ServerProof("our secret key"), ServerProof("another secret key")
PUBLIC = "https://shop.example"
TUNNEL = Tunnel("ngrok", "https://new.ngrok-free.app")


def health(proof=None, status=200):
    def told(query):
        proven = {} if proof is None else {"proof": proof.answer(query["proof"])}
        return answer({"status": "ok", "database": "ok"} | proven, status)

    return told


@pytest.mark.parametrize(
    ("answers", "who"),
    [
        (health(OURS), Who.OURS),
        (health(OURS, 503), Who.OURS),  # with its database down
        (health(OTHER), Who.ANOTHER_ASSISTANT),
        (health(), Who.ANOTHER_ASSISTANT),  # an older version
        (answer({"status": "ok"}), Who.SOMEBODY_ELSE),
        (Answer(b"<html>It works!</html>"), Who.SOMEBODY_ELSE),
        (Answer(b"", 302, {"Location": "https://login.example"}), Who.SOMEBODY_ELSE),
        (Answer(b"tunnel not found", 404), Who.SOMEBODY_ELSE),
        (Answer(b"bad gateway", 502), Who.SOMEBODY_ELSE),
    ],
)  # fmt: skip
def test_who_answers_is_told_by_the_proof(answers, who):
    with FixedAnswers({"/health": answers}) as server:
        assert ask(server.url, OURS).who is who


def test_nobody_answers_at_a_closed_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

    assert ask(url, OURS).who is Who.NOBODY


def look(local, public=None, *, url=None, tunnels=(), needs_public=True):
    """What the part finds, where this answers here and that at the public URL."""
    answers = {"http://127.0.0.1:5000": local, url: public}
    part = AddressPart(
        "http://127.0.0.1:5000", url, needs_public=needs_public,
        ask=lambda asked: ask_as(answers[asked]), tunnels=lambda: tunnels,
    )  # fmt: skip
    return part.check()


def ask_as(who):
    if who is Who.NOBODY:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        return ask(url, OURS)
    proofs = {Who.OURS: OURS, Who.ANOTHER_ASSISTANT: OTHER}
    routes = {"/health": health(proofs[who])} if who in proofs else {}
    with FixedAnswers(routes) as server:
        return ask(server.url, OURS)


def test_a_password_in_the_address_is_not_shown():
    found = look(Who.OURS, Who.SOMEBODY_ELSE, url="https://owner:secret@shop.example")

    assert "secret" not in " ".join(f"{finding.sentence} {finding.advice}" for finding in found)
    assert "https://shop.example" in str(found[1].sentence)


@pytest.mark.parametrize(
    ("local", "public", "url", "options", "statuses", "works", "says"),
    [
        (Who.OURS, Who.OURS, PUBLIC, {}, "ok ok", True, "reaches this very server"),
        (Who.NOBODY, Who.OURS, PUBLIC, {}, "off ok", True, "one answers at the public address"),
        (Who.NOBODY, Who.NOBODY, PUBLIC, {}, "fix fix", False, "./start.sh"),
        (Who.OURS, Who.NOBODY, PUBLIC, {}, "ok fix", False, f"{PUBLIC} cannot be reached."),
        (Who.OURS, Who.SOMEBODY_ELSE, PUBLIC, {}, "ok fix", False, f"this program answers at {PUBLIC}."),
        (Who.OURS, Who.ANOTHER_ASSISTANT, PUBLIC, {}, "ok fix", False, "SECRET_KEY"),
        (Who.OURS, Who.SOMEBODY_ELSE, PUBLIC, {"tunnels": [TUNNEL]}, "ok fix", False, f"is {TUNNEL.url} now"),
        (Who.OURS, Who.OURS, "http://localhost:5000", {}, "ok fix", False, "only this machine reaches"),
        (Who.OURS, Who.OURS, "https://192.168.1.5", {}, "ok fix", False, "only your own network reaches"),
        (Who.OURS, None, None, {"needs_public": False}, "ok off", True, "WEBHOOK_URL is not set"),
        (Who.OURS, None, None, {}, "ok fix", False, "ngrok http 5000"),
        (Who.OURS, None, None, {"tunnels": [TUNNEL]}, "ok fix", False, f"a tunnel to this server, {TUNNEL.url}"),
        (Who.SOMEBODY_ELSE, None, None, {"needs_public": False}, "fix off", False, "Set another PORT"),
    ],
)  # fmt: skip
def test_each_state_is_a_line_with_what_to_do(local, public, url, options, statuses, works, says):
    found = look(local, public, url=url, **options)

    assert " ".join(finding.status for finding in found) == statuses
    assert will_calls_work(found) is works
    assert says in " ".join(f"{finding.sentence} {finding.advice}" for finding in found)
    assert all(finding.advice for finding in found if finding.status is Status.FIX)
