"""The browser's phone, from the requests of its page to the webhooks of the call."""

import re

import pytest

from simulator.local_server import PERSON
from storage.models import Call, Contact
from tests.dashboard.simulator.browsers import Browser, serve_from
from tests.fakes.openai.replies import text
from tests.records import every, the_only


@pytest.fixture
def line(open_line):
    return serve_from(open_line(openai_base_url=None, openai_api_key=None))


@pytest.fixture
def phone(line):
    return Browser(line.app, "phone")


def in_call(phone, **options):
    """Dial, and interrupt the greeting: the first thing that the call can be told."""
    phone.open(**options).wait_for("listening")
    return phone


def test_a_call_goes_from_ring_to_goodbye(phone, line):
    in_call(phone).do("interrupt", "¿A qué hora abrís?")
    answer = phone.wait_for("heard", 2)
    phone.wait_for("listening", 2)
    phone.do("interrupt", "Adiós, gracias")
    over = phone.wait_for("over")

    assert phone.kinds[0] == "ringing"
    assert phone.of("heard")[0]["language"] == "es-ES"
    assert [said["text"] for said in phone.of("said")] == ["¿A qué hora abrís?", "Adiós, gracias"]
    assert "nueve" in answer["text"]
    assert (over["reason"], over["turns"]) == ("hangup", 2)
    call = the_only(line.parts.database, Call)
    assert (call.from_number, call.status) == (PERSON, "completed")


def test_each_request_is_shown_with_its_seconds_and_its_twiml(phone):
    in_call(phone)
    phone.do("hang_up")
    phone.wait_for("over")

    step = phone.of("step")[0]
    assert (step["method"], step["path"], step["status"]) == ("POST", "/voice", 200)
    assert step["seconds"] > 0
    assert step["twiml"].startswith("<Response>\n  <Gather")
    assert step["fields"] == {"CallStatus": "ringing"}


def test_the_person_can_hang_up_while_it_rings(phone, line):
    phone.open().do("hang_up")

    assert phone.wait_for("over")["reason"] == "caller hung up"
    assert every(line.parts.database, Call) == []


def test_hanging_up_stops_the_assistant_in_the_middle_of_a_word(phone, line):
    in_call(phone).do("hang_up")

    over = phone.wait_for("over")
    assert over["reason"] == "caller hung up"
    assert over["seconds"] < 3  # the greeting takes nine
    assert the_only(line.parts.database, Call).status == "completed"


def test_what_is_said_while_the_assistant_speaks_waits_for_an_interruption(phone):
    in_call(phone).do("say", "¿A qué hora")
    phone.do("say", "abrís?")
    phone.wait_for("held", 2)
    assert phone.of("said") == []

    phone.do("interrupt")

    assert phone.wait_for("said")["text"] == "¿A qué hora abrís?"
    assert len(phone.of("cut")) == 1  # of the greeting, wherever its own clock had come to


def test_what_is_said_while_a_short_prompt_is_spoken_is_said_after_it(open_line, openai):
    openai.default = text("Sí.")
    phone = Browser(serve_from(open_line()).app, "phone")
    in_call(phone).do("interrupt", "Hola")
    phone.wait_for("listening", 2)

    phone.do("say", "Una cosa más")

    assert phone.wait_for("said", 2)["text"] == "Una cosa más"
    assert len(phone.of("cut")) == 1  # of the greeting


def test_keys_are_gathered_until_the_pound_key(phone):
    in_call(phone)
    for key in "12#":
        phone.do("press", key)

    phone.wait_for("said")

    assert [event["keys"] for event in phone.of("keys")] == ["1", "12", "12#"]
    assert phone.wait_for("step", 2)["fields"]["Digits"] == "12"


def test_keys_are_sent_by_themselves_when_no_more_come(phone):
    in_call(phone).do("press", "7")

    phone.wait_for("said")

    assert phone.wait_for("step", 2)["fields"]["Digits"] == "7"


def test_the_filler_of_a_slow_answer_goes_on_by_itself(open_line, openai):
    openai.enqueue(text("Ya lo tengo.", first_token_s=1.2))
    phone = Browser(serve_from(open_line(answer_wait_s=0.2)).app, "phone")

    in_call(phone).do("interrupt", "¿Tiene hora mañana?")
    for count in range(2, 9):
        if "Ya lo tengo" in phone.wait_for("heard", count)["text"]:
            break

    assert "Ya lo tengo" in phone.heard
    assert len(phone.of("said")) == 1
    phone.do("hang_up")
    phone.wait_for("over")


def test_staying_silent_is_a_thing_to_do(open_line, openai):
    phone = Browser(serve_from(open_line()).app, "phone")
    openai.default = text("Sí.")
    in_call(phone).do("interrupt", "Hola")
    phone.wait_for("listening", 2)

    phone.do("silence")

    phone.wait_for("listening", 3)
    assert len(phone.of("said")) == 1
    assert "SpeechResult" not in phone.of("step")[-1]["fields"]
    assert len(phone.of("heard")) == 3  # it asks again


def test_the_assistant_can_be_the_one_who_calls(phone, line):
    in_call(phone, direction="outbound-api").do("hang_up")
    phone.wait_for("over")

    assert the_only(line.parts.database, Call).direction == "outbound-api"


def test_a_number_of_ones_own_is_called_from(phone, line):
    in_call(phone, number="+34 600 000 077").do("hang_up")
    phone.wait_for("over")

    assert the_only(line.parts.database, Contact).address == "+34600000077"


@pytest.mark.both_databases
def test_two_who_call_at_once_are_two_people(line):
    phones = [in_call(Browser(line.app, "phone")) for _ in range(2)]

    for phone in phones:
        phone.do("hang_up")
        phone.wait_for("over")

    addresses = [contact.address for contact in every(line.parts.database, Contact)]
    assert sorted(addresses) == [PERSON, "+34600000002"]


@pytest.mark.parametrize("language, words", [("es", "no puede existir"), ("en", "no such number")])
def test_a_number_that_cannot_be_is_said_kindly(line, language, words):
    answer = Browser(line.app, "phone", language).ask(number="911")

    assert answer.status_code == 422
    assert words in answer.json["problem"]


def test_where_the_server_cannot_be_reached_the_page_says_so(phone, line):
    (line.settings.data_dir / "port").write_text("1")

    answer = phone.ask()

    assert answer.status_code == 503
    assert "http://127.0.0.1:1" in answer.json["problem"]


@pytest.mark.parametrize(
    "asked", [{"verb": "press", "text": "12a"}, {"verb": "say", "text": " "}, {"verb": "shout"}, {}]
)
def test_what_no_phone_can_do_is_refused(phone, asked):
    phone.open()

    assert phone.ask(f"/{phone.key}", **asked).status_code == 400
    phone.do("hang_up")
    phone.wait_for("over")


def test_a_phone_that_is_over_takes_nothing_more(phone):
    phone.open().do("hang_up")
    phone.wait_for("over")

    assert phone.ask(f"/{phone.key}", verb="say", text="¿Hola?").status_code == 409


def test_only_who_has_the_key_hears(phone, line):
    phone.open()
    other = Browser(line.app, "phone")

    assert other.ask("/nobody-has-this", verb="hang_up").status_code == 404
    assert other._operator.get("/dashboard/phone/nobody-has-this/events").status_code == 404
    assert other._operator.get(f"/dashboard/whatsapp/{phone.key}/events").status_code == 404
    phone.do("hang_up")
    phone.wait_for("over")


def test_a_request_without_the_pages_token_is_refused(phone, line):
    client = line.app.test_client()

    assert client.post("/dashboard/phone", json={}).status_code == 400


@pytest.mark.parametrize("path, command", [("phone", "phone"), ("whatsapp", "whatsapp simulate")])
def test_without_a_script_the_page_says_what_to_do(operator, path, command):
    page = operator.read(f"/dashboard/{path}")

    assert re.search(f"<noscript>.*flask --app app {command}.*</noscript>", page)
    assert 'id="simulator"' in page and len(page) < 20_000
