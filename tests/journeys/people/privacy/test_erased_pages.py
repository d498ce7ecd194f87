"""What operators see of somebody who was erased: the page that was open is gone, in words, and the others stand."""

import pytest
from sqlalchemy import select

from storage.models import Contact, Conversation
from tests.journeys.people.privacy.customer import ABOUT_HER, MATCHING, leaves_traces


@pytest.fixture
def traces(line, twilio, chatwoot, openai):
    leaves_traces(line, twilio, chatwoot, openai)


def get(line, path):
    return line.app.test_client().get(path, base_url="http://localhost", headers={"Accept-Language": "en"})


def test_pages_of_somebody_who_was_erased(line, traces, erase):
    with line.parts.database.read() as connection:
        named = select(Conversation.id).join(Contact, Contact.id == Conversation.contact_id)
        hers = connection.execute(named.where(Contact.address == MATCHING)).scalars().all()
    assert hers

    erase()

    for conversation_id in hers:
        for path in ("", "/transcript"):
            page = get(line, f"/dashboard/conversations/{conversation_id}{path}")
            assert (page.status_code, "no such page" in page.text) == (404, True)
    with line.parts.database.read() as connection:
        left = connection.execute(select(Conversation.id)).scalars().all()
    pages = [
        "",
        "calls",
        "messages",
        "handoffs",
        "conversations",
        *(f"conversations/{each}" for each in left),
    ]
    for path in pages:
        page = get(line, f"/dashboard/{path}")
        assert page.status_code == 200, path
        assert [word for word in ABOUT_HER if word in page.text] == [], path
    assert "erased" in get(line, "/dashboard/conversations").text
