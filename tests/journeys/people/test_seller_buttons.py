"""Sellers who press the buttons of their template, on Twilio and on 360dialog, and the links in their notice."""

import pytest

from storage.models import Handoff, Offer
from tests.fakes.dialog360.fake import API_KEY, FakeDialog360
from tests.journeys.dialog360.people import TOKEN
from tests.journeys.people.handoffs import MARTA, US, ask, joins_the_sandbox, told
from tests.journeys.whatsapp.people import person_of, sent, work_off
from tests.records import every, the_only

pytestmark = pytest.mark.quick

PUBLIC = "https://assistant.example.com"


@pytest.mark.parametrize(
    ("words", "payload", "state"),
    [("Lo atiendo yo", "OK", "taken"), ("Ahora no", "NO", "declined"), ("OK", "boton-7", "taken")],
)
def test_a_button_of_twilios_counts_by_its_payload_and_else_by_its_words(
    known_sellers, words, payload, state
):
    line, marta, _ = known_sellers
    ask(line)

    marta.press_button(words, payload, quotes=marta.received[-1].sid)

    assert the_only(line.parts.database, Offer).state == state


@pytest.fixture
def whatsapp():
    with FakeDialog360() as fake:
        yield fake


@pytest.mark.parametrize("kind", ["button", "button_reply"])
def test_a_button_of_360dialogs_counts_by_its_payload(open_line, whatsapp, openai, kind):
    line = open_line(
        d360_api_key=API_KEY, d360_api_url=whatsapp.url, d360_webhook_token=TOKEN, whatsapp_settle_s=0,
        vendedor_whatsapp=MARTA,
    )  # fmt: skip
    whatsapp.webhooks.url = f"{line.url}/webhook/360dialog"
    whatsapp.webhooks.headers = {"Authorization": f"Bearer {TOKEN}"}
    whatsapp.people.write(MARTA, "Buenos días")
    whatsapp.webhooks.settle()
    assert ask(line)[0] == 200
    work_off(line)
    notice = [message for message in sent(line) if message.kind == "notice"][-1]

    if kind == "button":
        whatsapp.people.press(MARTA, "Lo atiendo yo", "OK", about=notice.sid)
    else:
        whatsapp.people.choose(MARTA, "Lo atiendo yo", "OK", kind="button_reply")
    whatsapp.webhooks.settle()

    assert openai.wait_for(lambda: [h.owner for h in every(line.parts.database, Handoff)] == [MARTA])


def test_with_a_public_address_the_notice_leads_to_the_conversation_at_the_dashboard(team_line, twilio):
    line = team_line(sellers=MARTA, webhook_url=PUBLIC)
    marta = person_of(line, twilio, number=MARTA, to=US)
    joins_the_sandbox(twilio, MARTA)

    ask(line)

    page = f"{PUBLIC}/dashboard/conversations/{the_only(line.parts.database, Handoff).conversation_id}"
    known, ours = told(marta)[0].rsplit("\n\n", 1)
    assert "http" not in known
    assert ours.splitlines() == [
        "https://wa.me/34600000001",
        page,
        "Responda OK para atenderlo, o NO para que se avise a otra persona.",
    ]
