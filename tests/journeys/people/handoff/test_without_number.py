"""Stories of customers who want a person and whose number is not known, or not as it should be."""

import pytest

from storage.models import Contact, Handoff
from tests.fakes.openai.replies import text
from tests.journeys.people.handoffs import MARTA, US, ask, told
from tests.journeys.whatsapp.people import person_of
from tests.records import every, the_only

pytestmark = pytest.mark.quick

COMPLAINT = {"reason": "Una queja", "conversation_id": "conv_7"}


@pytest.mark.parametrize(
    "phone", ["anonymous", "", None, "+266696687", "sip:anonymous@anonymous.invalid", "{{caller}}", [], {}]
)
def test_somebody_without_a_number_is_handed_over_all_the_same(known_sellers, phone):
    line, marta, _ = known_sellers

    status, body = ask(line, COMPLAINT | {"user_phone": phone, "user_name": "Ana"})
    marta.send("OK")

    assert (status, body["status"]) == (200, "ok")
    assert told(marta)[0].startswith(
        "*Nuevo cliente solicita atención humana*\n\n*Cliente:* Ana\n*Motivo:* Una queja\n"
        "*Conversación:* conv_7\n\nResponda"
    )
    assert told(marta)[1].startswith("Es suyo: Ana. No se conoce su número.\n\n")


def test_a_body_without_a_phone_is_a_handoff(known_sellers):
    assert ask(known_sellers[0], COMPLAINT)[0] == 200


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("600112233", "+34600112233"),
        (600112233, "+34600112233"),
        ("0034 600 11 22 33", "+34600112233"),
        ("sip:+34600000021@sip.example.com", "+34600000021"),
        ("+5215555550100", "+5215555550100"),
        ("sip:1001@pbx", "sip:1001@pbx"),
    ],
)
def test_what_is_known_of_a_number_is_told(known_sellers, phone, shown):
    line, marta, _ = known_sellers

    assert ask(line, COMPLAINT | {"user_phone": phone})[0] == 200

    assert f"\n*Teléfono:* {shown}\n" in told(marta)[0]
    assert the_only(line.parts.database, Handoff).number == shown


@pytest.mark.parametrize("phone", ["+34 600 11", "+" + "9" * 39])
def test_what_is_no_number_is_told_and_leads_nowhere(known_sellers, phone):
    line, marta, _ = known_sellers
    ask(line, COMPLAINT | {"user_phone": phone})
    marta.send("OK")

    assert f"\n*Teléfono:* {phone}\n" in told(marta)[0]
    assert "No se conoce su número" in told(marta)[1]
    assert "wa.me" not in "".join(told(marta))


def test_a_national_number_is_one_of_the_profiles_country(team_line, twilio, openai):
    openai.enqueue(text("Hello."))
    line = team_line(sellers=MARTA, assistant_profile="reception.en")
    marta = person_of(line, twilio, number=MARTA, to=US)
    marta.send("Good morning")

    ask(line, COMPLAINT | {"user_phone": "(202) 555-0123"})

    assert "\n*Phone:* +12025550123\n" in marta.texts[-1]


@pytest.mark.both_databases
def test_two_people_without_a_number_are_two_contacts_and_are_both_told_of(known_sellers):
    line, marta, luis = known_sellers

    for name in ("Ana", "Eva"):
        assert ask(line, {"user_phone": "anonymous", "reason": "Una queja", "user_name": name})[0] == 200
    again = ask(line, {"user_phone": "anonymous", "reason": "Una queja", "user_name": "Eva"})

    assert again[0] == 200
    assert len(told(marta) + told(luis)) == 2
    withheld = [one for one in every(line.parts.database, Contact) if one.address.startswith("withheld:")]
    assert sorted(one.name for one in withheld) == ["Ana", "Eva"]
