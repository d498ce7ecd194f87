"""A worker that is killed in the middle of a campaign, again and again: each person gets one message all the same."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from messaging.campaigns.creation import Creation
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.states import Event, happened
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign
from storage.models import Campaign, CampaignRecipient, Message
from tests.fakes.twilio.server import FakeTwilio
from tests.journeys.whatsapp.killed import worker
from tests.processes import kill
from tests.records import every, the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
TEMPLATE = "HX" + "0123456789abcdef" * 2


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.template(TEMPLATE, "Hola {{1}}, le esperamos.")
        yield fake


@pytest.fixture
def site(environment, twilio, any_hour):
    return environment | {
        "TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "ASSISTANT_PROFILE": any_hour, "TWILIO_API_URL": twilio.url, "TWILIO_WHATSAPP_NUMBER": "+14155550100",
    }  # fmt: skip


@pytest.fixture
def count(request):
    return 1000 if request.config.getoption("extent") == "all" else 200


def number(n):
    return f"+3460000{n:04d}"


def start(database, count):
    listed = [ListedRecipient(n, number(n), f"Hola P{n}", {"1": f"P{n}"}) for n in range(1, count + 1)]
    campaign_id = Creation(database).create(NewCampaign("Cita", "whatsapp", template=TEMPLATE), listed)
    with database.write() as connection:
        happened(connection, campaign_id, Event.STARTED, utc_now())


def let_a_minute_pass(database, twilio):
    """Let what was begun be so old that its fate is looked for, and the lease of the dead lapse."""
    twilio.wait_until_quiet()  # what arrives later would be of a minute later, too
    ago = timedelta(seconds=61)
    for message in twilio.messages.made.values():
        message.made_at -= ago.total_seconds()
    with database.write() as connection:
        for column in (CampaignRecipient.begun_at, Campaign.leased_until):
            kept = select(column.class_.id, column).where(column.is_not(None))
            for row_id, at in connection.execute(kept).all():
                earlier = update(column.class_).where(column.class_.id == row_id).values({column: at - ago})
                connection.execute(earlier)


def test_everybody_gets_one_message_though_the_worker_is_killed_three_times(site, database, twilio, count):
    start(database, count)
    for part in (1, 2, 3):
        with worker(site) as running:
            wait_until(lambda part=part: len(twilio.messages.made) >= part * count // 4)
            kill(running)
        let_a_minute_pass(database, twilio)

    with worker(site):
        wait_until(lambda: the_only(database, Campaign).state == "finished")

    assert Counter(message.to for message in twilio.messages.made.values()) == Counter(
        f"whatsapp:{number(n)}" for n in range(1, count + 1)
    )
    assert Counter(one.state for one in every(database, CampaignRecipient)) == {"sent": count}
    assert {message.sid for message in every(database, Message)} == set(twilio.messages.made)


def test_two_workers_send_to_everybody_once(site, database, twilio, count):
    start(database, count)

    with worker(site | {"WORKER_ID": "one"}), worker(site | {"WORKER_ID": "two"}) as second:
        wait_until(lambda: len(twilio.messages.made) >= count // 2)
        kill(second)
        let_leases_lapse(database)
        wait_until(lambda: len(twilio.messages.made) >= count - 10)

    assert max(Counter(message.to for message in twilio.messages.made.values()).values()) == 1


def let_leases_lapse(database):
    """Let whoever lives have the campaign."""
    with database.write() as connection:
        connection.execute(update(Campaign).values(leased_until=utc_now()))
