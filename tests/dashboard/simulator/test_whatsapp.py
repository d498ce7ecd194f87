"""The browser's WhatsApp, from the requests of its page to the webhooks of its messages."""

import base64

import pytest

from simulator.local_server import PERSON
from simulator.whatsapp import samples
from storage.models import Contact, Conversation, Message
from storage.reports.browser_outbox import waits_for
from tests.dashboard.operator import Operator
from tests.dashboard.simulator.browsers import Browser, serve_from
from tests.fakes.openai.replies import text
from tests.records import every, the_only


@pytest.fixture
def line(open_line):
    return serve_from(open_line(openai_base_url=None, openai_api_key=None, whatsapp_settle_s=0.1))


@pytest.fixture
def chat(line):
    chat = Browser(line.app, "whatsapp").open()
    yield chat
    if not chat.of("over"):
        chat.do("leave")
        chat.wait_for("over")


def encoded(content):
    return base64.b64encode(content).decode()


def test_a_message_is_answered(chat, line):
    chat.do("send", "¿A qué hora abrís?")

    received, answered = chat.wait_for("received"), chat.wait_for("answered")

    assert "nueve" in received["text"]
    assert received["wait_s"] >= 0.1
    assert (answered["status"], answered["messages"]) == (200, 1)
    assert chat.kinds.index("wrote") < chat.kinds.index("step") < chat.kinds.index("received")
    assert the_only(line.parts.database, Contact).address == PERSON


def test_ticks_know_which_message_a_request_carried(chat):
    chat.do("send", "Hola")
    chat.wait_for("answered")

    assert chat.of("step")[0]["sid"] == chat.of("wrote")[0]["sid"] == chat.of("answered")[0]["sid"]


def test_what_the_server_is_told_of_its_answer_is_shown(chat, line):
    chat.do("send", "Hola")
    chat.wait_for("answered")

    told = [step["fields"]["MessageStatus"] for step in chat.of("step")[1:]]
    assert told == ["sent", "delivered", "read"]
    assert every(line.parts.database, Message)[-1].status == "read"


@pytest.mark.parametrize(
    "sample, kind, media_type", [("photo", "image", "image/jpeg"), ("voice", "audio", "audio/ogg")]
)
def test_a_sample_is_sent_with_words(chat, line, sample, kind, media_type):
    chat.do("send", "Mire esto", sample=sample)
    chat.wait_for("answered")

    assert (chat.of("wrote")[0]["file"], chat.of("wrote")[0]["text"]) == (kind, "Mire esto")
    assert chat.of("step")[0]["fields"]["MediaContentType0"] == media_type
    message = every(line.parts.database, Message)[0]
    assert (message.body, message.attachments[0]["type"]) == ("Mire esto", media_type)


def test_a_photo_of_ones_own_reaches_the_model(open_line, openai):
    line = serve_from(open_line(whatsapp_settle_s=0.1))
    openai.default = text("Veo un cuadrado rojo.")
    chat = Browser(line.app, "whatsapp").open()
    picture = samples.png(600)

    chat.do("send", "¿Qué es?", name="foto de la pared.PNG", content=encoded(picture))

    assert chat.wait_for("received")["text"] == "Veo un cuadrado rojo."
    assert encoded(picture)[:200] in str(openai.chats[-1])
    chat.do("leave")
    chat.wait_for("over")


def test_a_large_file_passes_and_a_larger_one_is_refused_kindly(chat):
    assert (
        chat.ask(f"/{chat.key}", verb="send", name="a.pdf", content=encoded(b"x" * 4_900_000)).status_code
        == 204
    )

    answer = chat.ask(f"/{chat.key}", verb="send", name="a.pdf", content=encoded(b"x" * 5_300_000))

    assert answer.status_code == 422
    assert "5 MB" in answer.json["problem"]


@pytest.mark.parametrize(
    "asked", [{"verb": "send"}, {"verb": "send", "text": "  "}, {"verb": "send", "content": "~"}]
)
def test_nothing_at_all_is_not_sent(chat, asked):
    assert chat.ask(f"/{chat.key}", **asked).status_code == 400


def test_line_breaks_and_the_writers_name_are_kept(line):
    chat = Browser(line.app, "whatsapp").open(name="Begoña <b>", number="+34600000055")

    chat.do("send", "Una línea\ny otra")
    chat.wait_for("answered")

    contact = the_only(line.parts.database, Contact)
    assert (contact.name, contact.address) == ("Begoña <b>", "+34600000055")
    assert every(line.parts.database, Message)[0].body == "Una línea\ny otra"
    chat.do("leave")
    assert chat.wait_for("over")["reason"] == "left"


def test_several_at_once_are_answered_together(open_line, openai):
    line = serve_from(open_line(whatsapp_settle_s=2))
    openai.default = text("A todo, sí.")
    chat = Browser(line.app, "whatsapp").open()

    for words in ("Hola", "¿abrís mañana?", "¿y el lunes?"):
        chat.do("send", words)
    chat.wait_for("answered", 3)

    assert [received["text"] for received in chat.of("received")] == ["A todo, sí."]
    assert sorted(answered["messages"] for answered in chat.of("answered")) == [0, 0, 1]
    chat.do("leave")
    chat.wait_for("over")


def test_what_an_operator_writes_appears_by_itself_and_its_receipts_are_told(chat, line):
    chat.do("send", "Hola")
    chat.wait_for("answered")
    operator = Operator(line.app)
    conversation = the_only(line.parts.database, Conversation).id

    operator.post(f"/dashboard/conversations/{conversation}/write", words="Soy Marta, le llamo ahora.")

    received = chat.wait_for("received", 2)
    assert (received["text"], received["via"]) == ("Soy Marta, le llamo ahora.", "rest")
    assert chat.wait_for("step", 7)["fields"]["MessageStatus"] == "read"
    assert [message.status for message in every(line.parts.database, Message) if message.outbound] == [
        "read"
    ] * 2


def test_an_answer_that_is_late_appears_by_itself(open_line, openai):
    line = serve_from(open_line(whatsapp_settle_s=0, whatsapp_twiml_wait_s=0.1))
    openai.default = text("Perdone la espera.", first_token_s=0.6)
    chat = Browser(line.app, "whatsapp").open()

    chat.do("send", "¿Abrís mañana?")

    assert chat.wait_for("answered")["messages"] == 0
    assert chat.wait_for("received")["text"] == "Perdone la espera."
    chat.do("leave")
    chat.wait_for("over")


def test_what_was_written_while_nobody_was_there_comes_when_they_are_back(line):
    chat = Browser(line.app, "whatsapp").open()
    chat.do("send", "Hola")
    chat.wait_for("answered")
    chat.do("leave")
    chat.wait_for("over")
    conversation = the_only(line.parts.database, Conversation).id
    Operator(line.app).post(f"/dashboard/conversations/{conversation}/write", words="Le esperamos.")

    back = Browser(line.app, "whatsapp").open()

    assert back.wait_for("received")["text"] == "Le esperamos."
    back.do("leave")
    back.wait_for("over")


def test_what_waits_is_for_one_person_alone(line):
    chat = Browser(line.app, "whatsapp").open()
    chat.do("send", "Hola")
    chat.wait_for("answered")
    chat.do("leave")
    chat.wait_for("over")
    conversation = the_only(line.parts.database, Conversation).id
    Operator(line.app).post(f"/dashboard/conversations/{conversation}/write", words="Solo para usted.")

    with line.parts.database.read() as connection:
        found = {number: waits_for(connection, number) for number in (PERSON, "+34600000002")}

    assert found == {PERSON: conversation, "+34600000002": None}
