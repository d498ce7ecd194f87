"""An operator who pauses a campaign while a worker sends it: two seconds later nobody gets a message any more."""

import time

import pytest

from messaging.campaigns.recipient import ListedRecipient
from storage.campaigns import campaigns
from storage.models import CampaignState
from tests.journeys.campaigns.starting import write
from tests.journeys.whatsapp.killed import worker
from tests.processes import process
from tests.waiting import wait_until

TAKES_EFFECT_WITHIN_S = 2
LONG, OTHER = 1000, 200
"""People on the lists: the first is far from sent when it is paused, and the other takes more than those seconds."""


def start(database, name, numbers):
    listed = [ListedRecipient(n, number, "Hola", {"1": "Ana"}) for n, number in enumerate(numbers, 1)]
    write(database, name, listed)


def state(database, name):
    with database.read() as connection:
        return campaigns.of_name(connection, name).state


@pytest.mark.both_databases
def test_nobody_gets_a_message_two_seconds_after_the_command_that_pauses_it(site, database, carrier):
    numbers = {f"whatsapp:+3460000{n:04d}" for n in range(LONG)}
    start(database, "Cita", [to.removeprefix("whatsapp:") for to in numbers])

    with worker(site):
        wait_until(lambda: len(carrier.messages.made) >= 20)
        with process(site, "flask", "--app", "app", "campaign", "pause", "Cita") as command:
            assert command.wait() == 0
            paused_at = time.time()
        start(database, "Aviso", [f"+3460001{n:04d}" for n in range(OTHER)])
        wait_until(lambda: state(database, "Aviso") is CampaignState.FINISHED)

    made = list(carrier.messages.made.values())
    last_of_all = max(message.made_at for message in made)
    last = max(message.made_at for message in made if message.to in numbers)
    assert last_of_all > paused_at + TAKES_EFFECT_WITHIN_S  # the worker went on sending
    assert last <= paused_at + TAKES_EFFECT_WITHIN_S
    assert state(database, "Cita") is CampaignState.PAUSED
