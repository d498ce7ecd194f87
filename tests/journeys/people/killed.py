"""Processes that die at a step of a handoff (see `dying`), and what a seller has been told by then."""

from contextlib import contextmanager

from tests.journeys.whatsapp.killed import until_nothing_is_left_to_do
from tests.processes import is_up, process
from tests.waiting import wait_until

WEB = ("gunicorn", "-c", "gunicorn.conf.py", "app:create_app()")
WORKER = ("flask", "--app", "app", "worker")


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
