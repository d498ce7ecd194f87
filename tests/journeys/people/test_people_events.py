"""Stories of calls that ElevenLabs had for us, and of a CRM that is told of everything."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.models import Call, Contact, Conversation, Message, Turn
from tests.fakes.crm import FakeCrm, Refuse
from tests.fakes.elevenlabs import PERSON, FakeElevenLabs
from tests.fakes.openai.replies import text, tool_call
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.whatsapp.people import person_of, work_off
from tests.records import every, the_only

pytestmark = pytest.mark.both_databases

ELEVENLABS_SECRET, CRM_SECRET = "wsec_test", "s3cr3t-of-the-crm"
SELLER = "+34600000009"
REAL = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "from_number": PERSON}
A_MINUTE_S, AN_HOUR_S = 70, 3700


@pytest.fixture
def crm():
    with FakeCrm(CRM_SECRET) as fake:
        yield fake


@pytest.fixture
def line(real_line, crm):
    return real_line(
        elevenlabs_webhook_secret=ELEVENLABS_SECRET, crm_webhook_url=crm.url, crm_webhook_secret=CRM_SECRET,
        vendedor_whatsapp=SELLER,
    )  # fmt: skip


@pytest.fixture
def elevenlabs(line):
    return FakeElevenLabs(f"{line.url}/webhook/elevenlabs", ELEVENLABS_SECRET)


def call(line, *said, **who):
    """Somebody calls, says all this, and hangs up."""
    phone = line.phone(status_callback=f"{line.url}/status", **who)
    phone.dial()
    heard = [phone.say(words) for words in said]
    phone.hang_up()
    return heard


def let_pass(line, **time):
    """Let time pass for what was written."""
    with line.parts.database.write() as connection:
        earlier = [
            (row.id, row.created_at - timedelta(**time)) for row in every(line.parts.database, Message)
        ]
        for message_id, created_at in earlier:
            connection.execute(update(Message).where(Message.id == message_id).values(created_at=created_at))


def finished(crm):
    return [event for event in crm.events if event["event"] == "conversation.finished"]


def test_a_call_that_elevenlabs_had_is_remembered_on_whatsapp_and_told(
    line, elevenlabs, twilio, openai, crm
):  # fmt: skip
    openai.enqueue(text("Cita para una revisión"), text("Hola otra vez."))

    (answer,) = elevenlabs.post(elevenlabs.transcription(summary="Quería una cita."))
    work_off(line)
    work_off(line, A_MINUTE_S)
    person_of(line, twilio, number=PERSON).send("Hola")

    assert (answer.status, answer.json) == (200, {})
    assert the_only(line.parts.database, Contact).address == PERSON
    _, background, _ = openai.chats[-1].body["messages"]
    assert background["role"] == "user" and "Cita para una revisión" in background["content"]
    (event,) = crm.events
    assert (event["channel"], event["contact"]["phone"]) == ("phone", PERSON)
    assert (event["summary"], event["topic"]) == ("Quería una cita.", "Cita para una revisión")
    assert (event["turns"], event["outcome"]) == (1, "completed")


def test_a_call_that_comes_twice_while_the_crm_is_down_is_kept_and_told_once(line, elevenlabs, openai, crm):
    openai.enqueue(text("Una cita"))
    crm.plan(Refuse(503), times=2)

    elevenlabs.post(elevenlabs.transcription(), times=2)
    work_off(line, AN_HOUR_S)

    assert len(every(line.parts.database, Call)) == len(every(line.parts.database, Conversation)) == 1
    assert len(every(line.parts.database, Turn)) == 2
    assert len(crm.events) == 1


def test_what_elevenlabs_did_not_sign_is_refused_and_not_kept(line, elevenlabs):
    event = elevenlabs.transcription()

    (forged,) = elevenlabs.post(event, secret="wsec_other")
    (stale,) = elevenlabs.post(event, late_s=1801)

    assert (forged.status, stale.status) == (401, 401)
    assert every(line.parts.database, Conversation) == []


def test_the_crm_is_told_of_a_call_and_of_the_person_it_went_to(line, openai, crm):
    openai.enqueue(
        tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."}), text("Una queja")
    )

    call(line, "Me han cobrado dos veces.", **REAL)
    work_off(line)  # the topic is named at once
    work_off(line, A_MINUTE_S)

    handoff, over = crm.events
    assert (handoff["event"], handoff["reason"]) == ("handoff.created", "queja")
    assert handoff["summary"] == "Le cobraron dos veces."
    assert handoff["contact"] == over["contact"] == {"name": None, "phone": PERSON}
    assert handoff["conversation_id"] == over["conversation_id"]
    assert (over["event"], over["outcome"], over["turns"]) == ("conversation.finished", "handoff", 1)
    assert over["topic"] == "Una queja"


def test_the_crm_is_told_of_each_of_two_talks_on_whatsapp(line, twilio, openai, crm):
    openai.enqueue(*[text("Claro.")] * 8)
    person = person_of(line, twilio, number=PERSON, profile_name="Ana")

    person.send("Hola")
    person.send("¿Abren hoy?")
    let_pass(line, hours=20)
    work_off(line, AN_HOUR_S)
    person.send("¿Y mañana?")
    let_pass(line, hours=2)
    work_off(line, AN_HOUR_S)

    first, second = finished(crm)
    assert first["contact"] == {"name": "Ana", "phone": PERSON}
    assert (first["turns"], second["turns"]) == (2, 1)
    assert first["conversation_id"] == second["conversation_id"]
    assert first["id"] != second["id"]
    assert first["ended_at"] < second["started_at"]


def test_nothing_is_told_of_who_only_tries_it_or_sells(line, twilio, openai, crm):
    openai.enqueue(*[text("Claro.")] * 8)
    line.whatsapp().send("Hola")
    call(line, "Hola")
    person_of(line, twilio, number=SELLER).send("OK")

    let_pass(line, hours=2)
    work_off(line, AN_HOUR_S)

    assert crm.posted == []


def test_a_call_is_answered_at_once_while_the_crm_is_down(line, openai, crm):
    openai.enqueue(text("Abrimos a las nueve."), text("El horario"))
    crm.plan(Refuse(503), times=3)

    assert call(line, "¿A qué hora abren?", **REAL) == ["Abrimos a las nueve."]
    assert crm.posted == []
    work_off(line, AN_HOUR_S)

    assert [event["topic"] for event in crm.events] == ["El horario"]
    assert len(crm.posted) == 4
