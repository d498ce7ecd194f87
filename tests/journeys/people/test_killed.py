"""Processes that are killed between two steps of a handoff: the seller is told once, and the customer is answered."""

from contextlib import suppress
from http.client import HTTPException

import pytest

from conversation.handoff_states import State
from storage.models import Handoff, Message, Offer
from tests.journeys.people.handoffs import CUSTOMER, MARTA, WANTED, ask_at
from tests.journeys.people.killed import WEB, WORKER, dying, notices, site_of, somebody, until_all_is_told
from tests.journeys.whatsapp.killed import worker
from tests.processes import web
from tests.records import every, the_only
from tests.waiting import wait_until

KEY = "s3cret"
A_PERSON = "Quiero hablar con una persona"


@pytest.fixture
def site(environment, twilio):
    return site_of(environment, twilio, HANDOFF_API_KEY=KEY)


@pytest.fixture
def marta(site, twilio):
    with somebody(site, twilio, MARTA) as marta:
        yield marta


@pytest.fixture
def ana(site, twilio):
    with somebody(site, twilio, CUSTOMER) as ana:
        yield ana


BY_DAY = {"api": [2, 3, 5], "notice": [1, 3, 4], "request": [1, 2], "answer": [1, 2]}
"""Steps at which a process dies; where everything is tested, at each of the first MOST, of which the last are none."""
MOST = 10


def pytest_generate_tests(metafunc):
    for story, steps in BY_DAY.items():
        if f"{story}_step" in metafunc.fixturenames:
            is_all = metafunc.config.getoption("extent") == "all"
            metafunc.parametrize(f"{story}_step", range(1, MOST + 1) if is_all else steps)


def ask(site):
    """Return the status of a request for a handoff; None if nobody answered it to the end."""
    with suppress(OSError, HTTPException):
        return ask_at(site["WEBHOOK_URL"], WANTED, **{"X-API-Key": KEY})[0]
    return None


def test_the_web_process_dies_in_a_request_of_the_api(site, database, marta, api_step):
    with dying(site, api_step, *WEB):
        acknowledged = ask(site) == 200

    with web(site), worker(site):
        if not every(database, Handoff):
            assert not acknowledged
            assert ask(site) == 200
        until_all_is_told(database)
        assert ask(site) == 200
        marta.send("OK")
        until_all_is_told(database)

    assert len(notices(marta)) == 1
    assert len(every(database, Offer)) == 1
    assert owner(database) == (State.OWNED, MARTA)


def owner(database):
    handoff = the_only(database, Handoff)
    return handoff.state, handoff.owner


def test_the_worker_dies_while_it_tells_a_seller(site, database, ana, marta, phrases, notice_step):
    with web(site):
        ana.send(A_PERSON)
        with dying(site, notice_step, *WORKER) as first:
            wait_until(lambda: first.poll() is not None or notices(marta))
        with worker(site):
            until_all_is_told(database)
            marta.send("OK")
            until_all_is_told(database)

    assert ana.texts == [phrases.handed_off]
    assert len(notices(marta)) == 1
    assert owner(database) == (State.OWNED, MARTA)


def test_the_web_process_dies_as_a_customer_asks(site, database, ana, marta, phrases, request_step):
    with dying(site, request_step, *WEB):
        exchange = ana.send(A_PERSON)

    with web(site), worker(site):
        if not every(database, Message):
            ana.repeat(exchange)
        until_all_is_told(database)

    assert ana.texts == [phrases.handed_off]
    assert len(notices(marta)) == 1
    assert owner(database) == (State.OPEN, "")


def test_the_web_process_dies_as_a_seller_takes_it(site, database, ana, marta, answer_step):
    with web(site), worker(site):
        ana.send(A_PERSON)
        until_all_is_told(database)
    with dying(site, answer_step, *WEB):
        exchange = marta.send("OK")

    with web(site), worker(site):
        if owner(database)[0] == State.OPEN:
            marta.repeat(exchange)
        until_all_is_told(database)

    assert owner(database) == (State.OWNED, MARTA)
    assert len([words for words in marta.texts if words.startswith("Es suyo")]) == 1
