"""A campaign by phone with every outcome, whose worker is killed again and again."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from messaging.campaigns.recipient import ListedRecipient
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign
from storage.models import Campaign, CampaignRecipient, RecipientState
from tests.fakes.twilio.call import BUSY, NO_ANSWER, Step
from tests.journeys.campaigns.calls import PUBLIC
from tests.journeys.campaigns.starting import start
from tests.journeys.whatsapp.killed import worker
from tests.processes import kill
from tests.records import every, the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
PERSON, BUSY_FIRST, NOBODY, MACHINE, FAX, GONE, LEAVES, LAST = (f"+3460000000{n}" for n in range(1, 9))
RINGS, ANSWERED = Step("ringing"), Step("in-progress")
TALKED = (RINGS, ANSWERED, Step("in-progress", verdict="human"), Step("completed", duration="30"))
SCRIPTS = {
    PERSON: [TALKED],
    BUSY_FIRST: [BUSY, TALKED],
    NOBODY: [NO_ANSWER],
    MACHINE: [(RINGS, ANSWERED, Step("in-progress", verdict="machine_end_beep"), Step("completed", duration="20"))],
    FAX: [(RINGS, ANSWERED, Step("in-progress", verdict="fax"))],
    GONE: [(RINGS, Step("failed", sip_code="404"))],
    LEAVES: [TALKED],
    LAST: [TALKED],
}  # fmt: skip
CALLS = Counter(list(SCRIPTS)) + Counter({BUSY_FIRST: 1, NOBODY: 2})


@pytest.fixture
def site(environment, calling, any_hour):
    return environment | {
        "TWILIO_ACCOUNT_SID": calling.account_sid, "TWILIO_AUTH_TOKEN": calling.auth_token, "WEBHOOK_URL": PUBLIC,
        "ASSISTANT_PROFILE": any_hour, "TWILIO_API_URL": calling.url, "TWILIO_PHONE_NUMBER": "+12025550100",
        "CALLS_PER_SECOND": "20", "CALLS_AT_ONCE": "2",
    }  # fmt: skip


def call(database):
    listed = [ListedRecipient(n, number, f"Hola, persona {n}.") for n, number in enumerate(SCRIPTS, 1)]
    start(database, NewCampaign("Cita", "voice", goal="Confirmar"), listed)


def let_a_minute_pass(database, calling):
    """Let what a dead worker has begun be so old that its fate is looked for, and its lease lapse."""
    calling.wait_until_quiet()  # what arrives later would be of a minute later, too
    ago = timedelta(seconds=61)
    for call in calling.calls.made.values():
        call.created_at -= ago.total_seconds()
    for column in (CampaignRecipient.begun_at, Campaign.leased_until):
        with database.write() as connection:
            kept = select(column.class_.id, column).where(column.is_not(None))
            for row_id, at in connection.execute(kept).all():
                earlier = update(column.class_).where(column.class_.id == row_id).values({column: at - ago})
                connection.execute(earlier)


def let_them_be_called_again(database):
    waiting = CampaignRecipient.state == RecipientState.WAITING
    with database.write() as connection:
        connection.execute(update(CampaignRecipient).where(waiting).values(due_at=utc_now()))


def play(calling, callees):
    """Let each call go on by a step."""
    for call in list(calling.calls.made.values()):
        if not call.steps:
            continue
        callees.advance(call)
        if call.param("To") == LEAVES and call.answered_by == "human" and call.steps:
            callees.says(call, "No me llamen más.")


def test_everybody_is_called_as_often_as_they_are_to_be(site, database, call_line, calling, callees):
    for number, scripts in SCRIPTS.items():
        calling.calls.script_for(number, *scripts)
    call_line()
    call(database)

    for part in (1, 4, 6):
        with worker(site) as running:
            wait_until(lambda part=part: play(calling, callees) or len(calling.calls.made) >= part)
            kill(running)
        let_a_minute_pass(database, calling)
    with worker(site):

        def is_over():
            play(calling, callees)
            let_them_be_called_again(database)
            return the_only(database, Campaign).state == "finished"

        wait_until(is_over, every_s=0.1)

    assert Counter(call.param("To") for call in calling.calls.made.values()) == CALLS
    found = {one.number: one for one in every(database, CampaignRecipient)}
    assert {number: (one.state, one.call_status) for number, one in found.items()} == {
        PERSON: ("sent", "completed"), BUSY_FIRST: ("sent", "completed"), NOBODY: ("failed", "no-answer"),
        MACHINE: ("sent", "completed"), FAX: ("failed", "completed"), GONE: ("failed", "failed"),
        LEAVES: ("sent", "completed"), LAST: ("sent", "completed"),
    }  # fmt: skip
    assert found[MACHINE].message_left_at is not None
    assert found[LEAVES].outcome == "opt-out"
    assert [len(call.redirects) for call in calling.calls.to(MACHINE)] == [1]
