"""What is erased at providers: deleted, tried again, or given up for good."""

from datetime import timedelta

import pytest

from integrations.chatwoot.client import Chatwoot
from integrations.dialog360.client import Dialog360
from integrations.errors import IntegrationError
from people.privacy.elsewhere import ErasedElsewhere
from storage.models import ErasureTask
from storage.privacy.tasks import Place, add_task
from tests.fakes.chatwoot.fake import FakeChatwoot
from tests.fakes.chatwoot.records import User
from tests.fakes.chatwoot.server import Status
from tests.fakes.dialog360.fake import FakeDialog360, Refuse
from tests.people.privacy.conftest import NOW
from tests.records import the_only

SOURCE, USER_ID = "34600000001", "ES.13491208655302741918"


@pytest.fixture
def chatwoot():
    with FakeChatwoot() as fake:
        yield fake


@pytest.fixture
def dialog360():
    with FakeDialog360() as fake:
        fake.contact_book.add(USER_ID)
        yield fake


@pytest.fixture
def erase(database, chatwoot, dialog360):
    """Run the job for a place, so long after the erasure."""

    def erase(place, details, *, role="administrator", days=0):
        chatwoot.application.tokens[chatwoot.user_token] = User(7, "Pedro", role=role)
        client = Chatwoot(
            chatwoot.url, inbox_identifier=chatwoot.identifier, account_id=1, api_token=chatwoot.user_token
        )
        book = Dialog360(dialog360.api_key, api_url=dialog360.url)
        with database.write() as connection:
            task_id = add_task(connection, place, 1, details, NOW)
        job = ErasedElsewhere(database, client, book, lambda: NOW + timedelta(days=days))
        try:
            job.run({"task_id": task_id})
            job.run({"task_id": task_id})  # a job may run twice
        finally:
            client.close()
            book.close()
        return the_only(database, ErasureTask)

    return erase


def talk(chatwoot):
    client = Chatwoot(chatwoot.url, inbox_identifier=chatwoot.identifier)
    client.make_contact(SOURCE, "Ana", "+34600000001")
    client.make_conversation(SOURCE)
    client.close()


def test_a_contact_is_deleted_in_chatwoot_with_its_conversations(erase, chatwoot):
    talk(chatwoot)

    task = erase(Place.CHATWOOT, {"source_id": SOURCE})

    assert (task.state, task.details) == ("done", {})
    assert chatwoot.contacts == [] and chatwoot.backend.conversations == []


def test_a_contact_that_is_not_there_is_as_good_as_deleted(erase):
    assert erase(Place.CHATWOOT, {"source_id": SOURCE}).state == "done"


def test_a_token_that_may_not_is_given_up_and_nothing_of_them_kept(erase, chatwoot):
    talk(chatwoot)

    task = erase(Place.CHATWOOT, {"source_id": SOURCE}, role="agent")

    assert (task.state, task.details) == ("refused", {})
    assert len(chatwoot.contacts) == 1


def test_a_chatwoot_that_is_away_is_asked_again_for_a_week(erase, chatwoot, database):
    talk(chatwoot)
    chatwoot.fail(Status(503), times=2)

    with pytest.raises(IntegrationError):
        erase(Place.CHATWOOT, {"source_id": SOURCE})

    assert the_only(database, ErasureTask).state == "waiting"


def test_after_a_week_it_is_given_up(erase, chatwoot):
    chatwoot.fail(Status(503), times=2)

    assert erase(Place.CHATWOOT, {"source_id": SOURCE}, days=8).state == "refused"


def test_a_user_id_leaves_the_contact_book(erase, dialog360):
    task = erase(Place.DIALOG360, {"user_id": USER_ID})

    assert (task.state, dialog360.contact_book) == ("done", set())


def test_a_user_id_that_is_not_in_the_book_is_as_good_as_gone(erase):
    assert erase(Place.DIALOG360, {"user_id": "ES.1"}).state == "done"


def test_another_refusal_of_360dialog_is_no_success(erase, dialog360):
    dialog360.fail(Refuse(100), path="contact_book")

    assert erase(Place.DIALOG360, {"user_id": USER_ID}).state == "refused"
    assert dialog360.contact_book == {USER_ID}
