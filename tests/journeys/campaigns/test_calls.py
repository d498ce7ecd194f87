"""What those hear whom a campaign calls, people and machines, and what the assistant knows of them."""

import time

import pytest

from storage.models import Call, Contact, Turn
from tests.fakes.openai.replies import text, tool_call
from tests.fakes.twilio.call import Step
from tests.fakes.twilio.server import Page, Refuse
from tests.journeys.campaigns.calls import recipients, words_in
from tests.records import every, the_only

ANSWERS = (Step("ringing"), Step("in-progress"), Step("completed", duration="30"))
VOICEMAIL = "Fisioterapia Los Almendros"


@pytest.fixture(autouse=True)
def answered(calling):
    calling.calls.script(*ANSWERS)


@pytest.mark.both_databases
def test_a_person_is_greeted_at_once_and_the_assistant_knows_why_it_calls(call_ana, callees, calling, openai):
    openai.enqueue(text("Muy bien, Ana, queda confirmada."))
    line, call = call_ana()

    begun = time.monotonic()
    callees.advance(call)
    took_s = time.monotonic() - begun
    greeting = callees.hears(call)
    callees.told(call, "human")
    answer = callees.says(call, "Sí, allí estaré.")
    callees.advance(call)

    assert "¿Puede venir Ana el martes?" in greeting
    assert took_s < 1
    assert answer == "Muy bien, Ana, queda confirmada."
    told = [(message["role"], message["content"]) for message in openai.chats[-1].body["messages"]]
    assert any(role == "system" and "Confirmar la cita del martes." in words for role, words in told)
    assert any(role == "user" and "día: martes" in words and "data" in words for role, words in told)
    assert told[-1] == ("user", "Sí, allí estaré.")
    [recipient] = recipients(line)
    assert (recipient.state, recipient.call_status, recipient.answered_by) == ("sent", "completed", "human")
    assert the_only(line.parts.database, Call).answered_by == "human"


def test_who_calls_us_costs_no_look_for_a_campaign_and_is_told_of_none(call_line, openai):
    line = call_line()
    phone = line.phone()
    phone.dial()
    phone.say("¿Qué horario tienen?")

    system, *others = openai.chats[-1].body["messages"]
    assert "goal of the call" not in system["content"]
    assert [message["role"] for message in others] == ["user"]


@pytest.mark.both_databases
@pytest.mark.parametrize("verdict", ["machine_end_beep", "machine_end_silence", "machine_end_other"])
def test_a_machine_gets_the_message_after_its_greeting_once(call_ana, callees, calling, verdict):
    line, call = call_ana()
    callees.advance(call)

    statuses = [callees.told(call, verdict), callees.told(call, verdict)]
    callees.advance(call)

    assert statuses == [204, 204]
    [document] = call.redirects
    assert VOICEMAIL in words_in(document)
    assert "asistente automático" in words_in(document)
    assert "<Hangup" in document
    [recipient] = recipients(line)
    assert (recipient.state, recipient.answered_by) == ("sent", verdict)
    assert recipient.message_left_at is not None


def test_a_machine_is_hung_up_on_where_no_message_is_wanted_and_called_later(call_ana, callees):
    line, call = call_ana(leave_message=False)
    callees.advance(call)

    callees.told(call, "machine_end_beep")

    assert call.status == "completed"
    assert call.redirects == []
    assert [one.state for one in recipients(line)] == ["waiting"]


def test_a_fax_is_hung_up_on_and_not_called_again(call_ana, callees):
    line, call = call_ana()
    callees.advance(call)

    callees.told(call, "fax")

    assert call.status == "completed"
    assert [one.state for one in recipients(line)] == ["failed"]


@pytest.mark.parametrize("verdict", ["human", "unknown", "machine_start", "", "brand-new"])
def test_nobody_else_is_interrupted(call_ana, callees, verdict):
    _, call = call_ana()
    callees.advance(call)

    assert callees.told(call, verdict) == 204
    assert (call.status, call.redirects) == ("in-progress", [])


def test_the_end_of_a_machines_greeting_counts_after_its_beginning_and_nothing_after_a_person(
    call_ana, callees
):
    line, call = call_ana()
    callees.advance(call)
    for verdict in ("machine_start", "machine_end_beep", "human"):
        callees.told(call, verdict)

    assert len(call.redirects) == 1
    assert [one.answered_by for one in recipients(line)] == ["machine_end_beep"]


def test_who_is_in_conversation_is_not_taken_for_a_machine(call_ana, callees, openai):
    openai.enqueue(text("¿Le va bien a las diez?"), text("Apuntado."))
    line, call = call_ana()
    callees.advance(call)
    callees.says(call, "Sí, dígame, le escucho.")
    callees.says(call, "A las diez me va bien.")

    callees.told(call, "machine_end_beep")

    assert call.redirects == []
    assert [one.answered_by for one in recipients(line)] == [""]


def test_a_verdict_that_comes_before_the_call_is_answered_here_is_obeyed(call_ana, callees):
    line, call = call_ana()
    call.status = "in-progress"
    callees.told(call, "machine_end_beep")
    call.status = "ringing"
    call.params.pop("Twiml")  # Twilio asked before it was told otherwise

    callees.advance(call)

    assert VOICEMAIL in callees.hears(call)
    assert "<Hangup" in callees.documents(call)[-1]
    assert [one.answered_by for one in recipients(line)] == ["machine_end_beep"]


def test_a_verdict_that_comes_after_the_call_changes_nothing(call_ana, callees):
    line, call = call_ana()
    callees.advance(call, times=2)

    assert callees.told(call, "machine_end_beep") == 204

    assert call.redirects == []
    [recipient] = recipients(line)
    assert (recipient.state, recipient.message_left_at) == ("sent", None)


def test_where_twilio_fails_the_verdict_is_told_again_and_the_message_left(call_ana, callees, calling):
    _, call = call_ana()
    callees.advance(call)
    calling.fail(Page(500), method="POST", path=call.sid)

    assert [callees.told(call, "machine_end_beep") for _ in range(2)] == [503, 204]
    assert len(call.redirects) == 1


def test_a_call_that_is_gone_is_left_alone(call_ana, callees, calling):
    _, call = call_ana()
    callees.advance(call)
    calling.fail(Refuse(400, 21220), method="POST", path=call.sid)

    assert callees.told(call, "machine_end_beep") == 204


def test_a_verdict_on_another_call_changes_nothing(call_ana, callees, calling):
    line, call = call_ana()
    callees.advance(call)
    other = "CA" + "9" * 32
    calling.webhooks.send(call.param("AsyncAmdStatusCallback"), {"CallSid": other, "AnsweredBy": "fax"})
    calling.webhooks.settle()

    assert call.status == "in-progress"
    assert [one.answered_by for one in recipients(line)] == [""]


def test_a_machines_greeting_is_listened_to_without_a_word(call_ana, callees, openai):
    line, call = call_ana()
    callees.advance(call)

    heard = callees.says(call, "Ha llamado al contestador de Ana. Deje su mensaje después de la señal.")

    assert heard == ""
    assert openai.chats == []
    assert every(line.parts.database, Turn) == []


@pytest.mark.parametrize(
    "asked",
    [
        "¿Quién llama?", "Sí, ¿de parte de quién?", "Perdone, ¿quién es usted?",
        "Esta persona usa un filtro de llamadas. Diga su nombre y el motivo de la llamada.",
        "Please say your name and why you're calling.",
    ],
)  # fmt: skip
def test_who_asks_who_is_calling_is_told_in_one_honest_sentence(call_ana, callees, openai, asked):
    _, call = call_ana()
    callees.advance(call)

    answer = callees.says(call, asked)

    assert (
        answer == "Hola, soy Lucía, un asistente automático, y llamo de parte de Fisioterapia Los Almendros."
    )
    assert openai.chats == []


def test_another_question_with_who_goes_to_the_model(call_ana, callees, openai):
    openai.enqueue(text("La fisioterapeuta es Marta."))
    _, call = call_ana()
    callees.advance(call)

    assert callees.says(call, "¿Quién es la fisioterapeuta?") == "La fisioterapeuta es Marta."


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "said",
    [
        "No me llamen más, por favor.",
        "Oiga, dejen de llamarme de una vez.",
        "Please don't call me again.",
        "Baja.",
    ],
)
def test_who_wants_no_more_calls_gets_none_and_no_messages_either(call_ana, callees, openai, said):
    line, call = call_ana()
    callees.advance(call)

    goodbye = callees.says(call, said)

    assert goodbye.startswith("De acuerdo: no volveremos a llamarle ni a escribirle")
    assert "<Hangup" in callees.documents(call)[-1]
    assert openai.chats == []
    assert the_only(line.parts.database, Contact).opted_out_at is not None
    assert [one.outcome for one in recipients(line)] == ["opt-out"]


def test_in_any_other_words_the_model_notes_it(call_ana, callees, openai):
    openai.enqueue(tool_call("stop_contacting", {}))
    line, call = call_ana()
    callees.advance(call)

    goodbye = callees.says(call, "Mire, que ya les he dicho mil veces que me tienen harta con esto.")

    assert goodbye.startswith("De acuerdo: no volveremos a llamarle")
    assert the_only(line.parts.database, Contact).opted_out_at is not None
    assert [one.outcome for one in recipients(line)] == ["opt-out"]


def test_a_caller_without_a_number_is_promised_nothing(call_line, openai):
    openai.enqueue(text("Dígame desde qué número."))
    phone = call_line().phone(from_number="+266696687")
    phone.dial()

    assert phone.say("No me llamen más.") == "Dígame desde qué número."
