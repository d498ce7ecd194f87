"""A number leaves the database as it came, whatever form it is found by."""

import pytest
from sqlalchemy import select

from phone_numbers import ReachAddress, shown_number
from storage.identities.reaching import REACHED_BY
from storage.models import Contact, Conversation
from storage.queries import crm, handoffs, helpdesk
from storage.reports import lists, search, transcripts
from storage.reports.conversations import rows_by_id
from tests.records import every, the_only
from tests.storage.identities.conftest import NOON

pytestmark = pytest.mark.both_databases

BUENOS_AIRES, ITS_FORM = "+5491155550100", "+541155550100"


@pytest.fixture
def reached(database):
    """The numbers that leave the database for a conversation, by where they go."""

    def reached(conversation):
        with database.write() as connection:
            handoffs.make_handoff(
                connection, conversation.id, None, source="words", request_key=None, number="", reason="x",
                summary="", context="", state="open", now=NOON,
            )  # fmt: skip
            return {
                "crm": crm.conversation(connection, conversation.id).number,
                "Chatwoot": helpdesk.place_of(connection, conversation.contact_id).number,
                "page": transcripts.conversation(connection, conversation.id).number,
                "list": rows_by_id(connection, [conversation.id], NOON)[conversation.id].number,
                "search": search.people(connection, BUENOS_AIRES)[0].number,
                "handoffs": lists.handoff_log(connection).rows[0].number,
                "terminal": handoffs.last_handoffs(connection, 1)[0].number,
            }

    return reached


def test_a_callers_number_is_the_one_that_called(people, database, reached):
    contact_id = people.call(BUENOS_AIRES)

    assert people.find(contact_id).address == ITS_FORM
    assert set(reached(the_only(database, Conversation)).values()) == {BUENOS_AIRES}


def test_a_writers_number_is_the_one_that_wrote(people, database, reached):
    people.write("+5491155550100")

    assert set(reached(the_only(database, Conversation)).values()) == {BUENOS_AIRES}


def test_a_caller_who_writes_is_called_at_the_one_and_written_to_at_the_other(people, database):
    people.call("+525555550100")
    people.write("+5215555550100")

    call, chat = every(database, Conversation)
    with database.read() as connection:
        assert crm.conversation(connection, call.id).number == "+525555550100"
        assert crm.conversation(connection, chat.id).number == "+5215555550100"


@pytest.mark.parametrize("who", [{"user_id": "MX.1"}, {"number": "", "user_id": "MX.2"}])
def test_somebody_without_a_number_is_shown_without_one(people, database, who):
    contact_id = people.write(**who)

    with database.read() as connection:
        reached = connection.execute(select(REACHED_BY).where(Contact.id == contact_id)).scalar_one()
    assert shown_number(reached) == ""


@pytest.mark.parametrize(
    ("reached", "shown"),
    [
        ("+5491155550100", "+5491155550100"), ("withheld:CA1", ""), ("bsuid:MX.1", ""), ("+266696687", ""),
        ("600112233", "600112233"), ("", ""),
    ],
)  # fmt: skip
def test_people_read_a_number_or_nothing(reached, shown):
    assert shown_number(ReachAddress(reached)) == shown
