"""Processes that die at a step of a handoff (see `dying`), and what a seller has been told by then."""

from contextlib import contextmanager

from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.people.handoffs import MARTA, US, joins_the_sandbox
from tests.journeys.whatsapp.killed import until_nothing_is_left_to_do
from tests.processes import is_up, process
from tests.simulator.phones import whatsapp_at
from tests.waiting import wait_until

WEB = ("gunicorn", "-c", "gunicorn.conf.py", "app:create_app()")
WORKER = ("flask", "--app", "app", "worker")


def site_of(environment, twilio, **settings):
    """Return the environment of processes whose seller, Marta, has joined the sandbox."""
    joins_the_sandbox(twilio, MARTA)
    return environment | {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_API_URL": twilio.url,
        "WEBHOOK_URL": f"http://127.0.0.1:{environment['PORT']}", "WEB_CONCURRENCY": "1",
        "WHATSAPP_SETTLE_S": "0", "TWILIO_WHATSAPP_NUMBER": US, "VENDEDOR_WHATSAPP": MARTA, **settings,
    }  # fmt: skip


def somebody(site, twilio, number):
    return whatsapp_at(site["WEBHOOK_URL"], ACCOUNT_SID, AUTH_TOKEN, api=twilio, number=number, to=US)


@contextmanager
def dying(site, step, *command):
    with process(site, "tests.journeys.people.dying", str(step), *command) as running:
        if command == WEB:
            wait_until(lambda: is_up(site["PORT"]))
        yield running


def notices(seller):
    return [words for words in seller.texts if words.startswith("*Nuevo cliente")]


def until_all_is_told(database):
    until_nothing_is_left_to_do(database, besides="offer_handoff")
