"""The migration to what campaigns cost notes whom the last messages and calls of before were for."""

import pytest
from alembic import command
from sqlalchemy import update

from jobs.migrate import run_alembic, upgrade
from messaging.campaigns.creation import Creation
from messaging.campaigns.recipient import ListedRecipient
from storage.base import utc_now
from storage.campaigns import campaign_calls
from storage.campaigns.campaigns import NewCampaign
from storage.models import Call, CampaignRecipient, Message, MessageStatus
from storage.queries import calls, contacts, outgoing
from storage.queries.calls import CallFacts
from tests.records import every

pytestmark = pytest.mark.both_databases
BEFORE = "0022"
US, ANA, EVA = "+12025550100", "+34600000001", "+34600000002"


def listed(database, channel, *numbers):
    """Keep a campaign; return the ids of its recipients."""
    known = {one.id for one in every(database, CampaignRecipient)}
    people = [ListedRecipient(line, number, "Hola") for line, number in enumerate(numbers, 2)]
    Creation(database).create(NewCampaign(channel, channel), people)
    return [one.id for one in every(database, CampaignRecipient) if one.id not in known]


def written_to(connection, number):
    to = contacts.recipient_for(connection, number, utc_now())
    return outgoing.add_outbound(
        connection, to.conversation_id, "campaign", "Hola", utc_now(), MessageStatus.SENT
    )


def called(connection, sid, number):
    calls.open_call(
        connection, CallFacts(sid, "outbound-api", US, number, "completed", number, False), utc_now()
    )


def test_messages_and_calls_of_before_are_for_whom_they_were(database, database_url):
    [_, eva] = listed(database, "whatsapp", ANA, EVA)
    [ana_by_phone] = listed(database, "voice", ANA)
    with database.write() as connection:
        for number in (ANA, EVA, EVA):
            last = written_to(connection, number)
        connection.execute(
            update(CampaignRecipient).where(CampaignRecipient.id == eva).values(message_id=last)
        )
        for sid, number in (("CA1", ANA), ("CA2", EVA)):
            called(connection, sid, number)
        campaign_calls.begin(connection, ana_by_phone, "mark", utc_now())
        campaign_calls.was_placed(connection, "mark", "CA1")

    run_alembic(database_url, command.downgrade, BEFORE)
    upgrade(database_url)

    assert [one.recipient_id for one in every(database, Message)] == [None, None, eva]
    assert {one.call_sid: one.recipient_id for one in every(database, Call)} == {
        "CA1": ana_by_phone,
        "CA2": None,
    }
