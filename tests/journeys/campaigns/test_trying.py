"""A call to try a campaign: whoever answers hears what the first of the list will hear."""

import pytest

from messaging.campaigns.creation import Creation
from messaging.campaigns.recipient import ListedRecipient
from storage.campaigns import campaigns
from storage.campaigns.campaigns import NewCampaign
from tests.fakes.openai.replies import text
from tests.fakes.twilio.call import Step
from tests.journeys.campaigns.calls import recipients
from tests.journeys.campaigns.conftest import ANA, GREETING

ME = "+34600000009"


@pytest.fixture
def tried(call_line, calling, request):
    """Call oneself to try a campaign; return the line and the call, which rings. Parametrized: with these values."""
    calling.calls.script(Step("ringing"), Step("in-progress"), Step("completed", duration="30"))
    line = call_line()
    new = NewCampaign("Cita", "voice", goal="Confirmar la cita del martes.", **getattr(request, "param", {}))
    listed = [ListedRecipient(2, ANA, GREETING, {}, {"nombre": "Ana", "día": "martes"})]
    campaign_id = Creation(line.parts.database).create(new, listed)
    with line.parts.database.read() as connection:
        campaign = campaigns.by_id(connection, campaign_id)
    line.parts.campaigns.trials.call(campaign, ME)
    calling.calls.advance(calling.calls.last)
    calling.webhooks.settle()
    return line, calling.calls.last


@pytest.mark.both_databases
def test_the_words_the_facts_and_the_goal_are_those_of_the_first(tried, callees, openai):
    openai.enqueue(text("Muy bien, queda confirmada."))
    line, call = tried

    callees.advance(call)
    greeting = callees.hears(call)
    callees.told(call, "human")
    answer = callees.says(call, "Sí.")
    callees.advance(call)

    assert "¿Puede venir Ana el martes?" in greeting
    assert answer == "Muy bien, queda confirmada."
    told = [(message["role"], message["content"]) for message in openai.chats[-1].body["messages"]]
    assert any(role == "system" and "Confirmar la cita del martes." in words for role, words in told)
    assert any(role == "user" and "día: martes" in words for role, words in told)
    states = {one.number: (one.state, one.answered_by) for one in recipients(line)}
    assert states == {ANA: ("waiting", ""), ME: ("sent", "human")}


def test_a_machine_gets_the_message(tried, callees):
    _, call = tried
    callees.advance(call)

    callees.told(call, "machine_end_beep")

    assert len(call.redirects) == 1


@pytest.mark.parametrize("tried", [{"leave_message": False}], indirect=True)
def test_or_is_hung_up_on_where_the_campaign_leaves_none_and_is_not_called_again(tried, callees):
    line, call = tried
    callees.advance(call)

    callees.told(call, "machine_end_beep")

    assert (call.status, call.redirects) == ("completed", [])
    [mine] = [one for one in recipients(line) if one.number == ME]
    assert (mine.state, mine.attempts) == ("waiting", 1)
