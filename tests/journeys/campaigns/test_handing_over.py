"""Somebody whose answer to a campaign leads to a seller, once, as if they had asked for a person."""

import pytest

from conversation.phrases import catalogue_for
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.replies import ANSWERED_WITHIN
from storage.models import Campaign, CampaignRecipient, Handoff
from storage.reports.campaign_effects import effects
from tests.fakes.openai.replies import text
from tests.journeys.campaigns.starting import write
from tests.journeys.people.handoffs import MARTA, told
from tests.journeys.whatsapp.people import person_of, work_off
from tests.records import every, the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
US, ANA = "+14155550100", "+34600000001"
CUSTOMERS = catalogue_for("es").customers


@pytest.fixture
def stand(real_line, twilio, openai, any_hour):
    """Return a function that lets a campaign write to Ana: the line, Ana and Marta, who sells."""

    def begin(*hand_over):
        line = real_line(twilio_whatsapp_number=US, assistant_profile=any_hour, vendedor_whatsapp=MARTA)
        send(line, "Oferta", hand_over)
        ana, marta = (person_of(line, twilio, number=number, to=US) for number in (ANA, MARTA))
        openai.enqueue(text("Hola."))
        marta.send("Buenos días")
        return line, ana, marta

    return begin


def send(line, name, hand_over):
    listed = [
        ListedRecipient(2, ANA, "Hola Ana, ¿le interesa?", {"1": "Ana"}, {"nombre": "Ana", "coche": "Seat"})
    ]
    write(line.parts.database, name, listed, hand_over=hand_over)
    runner = line.parts.campaigns.new_runner()
    wait_until(lambda: runner.round() or every(line.parts.database, Campaign)[-1].state == "finished")
    runner.close()


def test_a_yes_goes_to_a_seller_who_is_told_of_the_campaign_and_the_row(stand, openai, phrases):
    line, ana, marta = stand("yes")

    ana.send("Sí, claro")
    work_off(line)

    assert ana.texts[-1] == phrases.handed_off
    assert len(openai.chats) == 1  # the seller's
    [notice] = told(marta)
    assert "Respondió «Sí, claro» a la campaña «Oferta»" in notice
    assert "Hola Ana, ¿le interesa?" in notice
    assert "coche: Seat" in notice
    with line.parts.database.read() as connection:
        [effect] = effects(connection, the_only(line.parts.database, Campaign).id, ANSWERED_WITHIN).values()
    assert effect.handed_off_at == the_only(line.parts.database, CampaignRecipient).handed_over_at


def test_it_happens_once_whatever_comes_again(stand, openai, phrases):
    line, ana, marta = stand("yes", "1")

    sent = ana.send("Sí")
    ana.repeat(sent, times=2)
    work_off(line)
    openai.enqueue(text("Enseguida le escriben."))
    ana.send("Sí")
    work_off(line)

    assert len(told(marta)) == 1
    assert [words for words in ana.texts if words == phrases.handed_off] == [phrases.handed_off]
    assert ana.texts[-1] == "Enseguida le escriben."
    assert len(every(line.parts.database, Handoff)) == 1


def test_another_answer_is_the_assistants(stand, openai):
    line, ana, marta = stand("yes", "Llámenme")
    openai.enqueue(text("De acuerdo."), text("Cuesta cien euros."))

    ana.send("No")
    ana.send("Sí, pero ¿cuánto cuesta?")
    work_off(line)

    assert ana.texts[-2:] == ["De acuerdo.", "Cuesta cien euros."]
    assert told(marta) == []


def test_a_button_is_known_by_its_words_and_may_say_yes(stand, phrases):
    line, ana, marta = stand("yes", "quiero que me llamen")
    ana.press_button("Quiero que me llamen")
    work_off(line)

    assert ana.texts[-1] == phrases.handed_off
    assert len(told(marta)) == 1


def test_who_has_a_handoff_already_gets_no_second_one_and_the_seller_is_told(stand, openai):
    line, ana, marta = stand("yes")
    ana.send("Quiero hablar con una persona")
    ana.send("Sí")
    work_off(line)

    assert ana.texts[-1] == CUSTOMERS.told_before
    assert len(every(line.parts.database, Handoff)) == 1
    [notice] = told(marta)
    assert "a la campaña «Oferta»" in notice


def test_the_next_campaign_may_lead_to_a_seller_anew(stand, phrases):
    line, ana, _ = stand("yes")
    ana.send("Sí")
    send(line, "Otra", ["no"])

    ana.send("No")

    assert [one.handed_over_at is not None for one in every(line.parts.database, CampaignRecipient)] == [
        True,
        True,
    ]
    assert ana.texts[-1] == CUSTOMERS.told_before
