"""A worker that is killed in the middle of a campaign, again and again: each person gets one message all the same."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from messaging.campaigns.recipient import ListedRecipient
from storage.base import utc_now
from storage.models import Campaign, CampaignRecipient, Message
from tests.journeys.campaigns.starting import write
from tests.journeys.whatsapp.killed import worker
from tests.processes import kill
from tests.records import every, the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def count(request):
    return 1000 if request.config.getoption("extent") == "all" else 200


def number(n):
    return f"+3460000{n:04d}"


def start(database, count):
    listed = [ListedRecipient(n, number(n), f"Hola P{n}", {"1": f"P{n}"}) for n in range(1, count + 1)]
    write(database, "Cita", listed)


def let_a_minute_pass(database, carrier):
    """Let what was begun be so old that its fate is looked for, and the lease of the dead lapse."""
    carrier.wait_until_quiet()  # what arrives later would be of a minute later, too
    ago = timedelta(seconds=61)
    for message in carrier.messages.made.values():
        message.made_at -= ago.total_seconds()
    with database.write() as connection:
        for column in (CampaignRecipient.begun_at, Campaign.leased_until):
            kept = select(column.class_.id, column).where(column.is_not(None))
            for row_id, at in connection.execute(kept).all():
                earlier = update(column.class_).where(column.class_.id == row_id).values({column: at - ago})
                connection.execute(earlier)


def test_everybody_gets_one_message_though_the_worker_is_killed_three_times(site, database, carrier, count):
    start(database, count)
    for part in (1, 2, 3):
        with worker(site) as running:
            wait_until(lambda part=part: len(carrier.messages.made) >= part * count // 4)
            kill(running)
        let_a_minute_pass(database, carrier)

    with worker(site):
        wait_until(lambda: the_only(database, Campaign).state == "finished")

    assert Counter(message.to for message in carrier.messages.made.values()) == Counter(
        f"whatsapp:{number(n)}" for n in range(1, count + 1)
    )
    assert Counter(one.state for one in every(database, CampaignRecipient)) == {"sent": count}
    assert {message.sid for message in every(database, Message)} == set(carrier.messages.made)


def test_two_workers_send_to_everybody_once(site, database, carrier, count):
    start(database, count)

    with worker(site | {"WORKER_ID": "one"}), worker(site | {"WORKER_ID": "two"}) as second:
        wait_until(lambda: len(carrier.messages.made) >= count // 2)
        kill(second)
        let_leases_lapse(database)
        wait_until(lambda: len(carrier.messages.made) >= count - 10)

    assert max(Counter(message.to for message in carrier.messages.made.values()).values()) == 1


def let_leases_lapse(database):
    """Let whoever lives have the campaign."""
    with database.write() as connection:
        connection.execute(update(Campaign).values(leased_until=utc_now()))
