"""What comes back to a person is read as Twilio would, with its receipts."""

import re

import pytest
from twilio.request_validator import RequestValidator

from simulator.whatsapp.client import ReceiptConfig
from tests.simulator.toy_server import Reply, response
from tests.simulator.whatsapp.writing import DONE, PATH, PUBLIC, message


def told(server):
    return [asked.form for asked in server.asked_for("/status")]


def codes(whatsapp):
    return [error.code for error in whatsapp.errors]


# Reading


def test_a_reply_reaches_the_person_with_its_own_sid(ana):
    exchange = ana.send("hola")

    (received,) = ana.received
    assert (received.text, received.via, received.reply_to) == ("Hola, Ana", "twiml", exchange.sid)
    assert re.fullmatch("SM[0-9a-f]{32}", received.sid)
    assert received.sid != exchange.sid
    assert (exchange.text, exchange.status, exchange.messages) == ("Hola, Ana", 200, (received,))
    assert ana.errors == []


def test_words_may_stand_in_a_body_beside_media_and_keep_their_lines(server, ana):
    server.on(
        PATH,
        response(
            message("uno\n dos &amp; *tres*"),
            "<Message>\n <Body>cuatro\ncinco</Body>\n <Media>https://e.example/a.jpg</Media>\n</Message>",
        ),
    )

    ana.send("hola")

    assert ana.texts == ["uno\n dos & *tres*", "cuatro\ncinco"]
    assert ana.received[1].media == ("https://e.example/a.jpg",)
    assert ana.received[1].sid.startswith("MM")
    assert ana.errors == []


@pytest.mark.parametrize(
    "reply", [Reply(response()), Reply("<Response/>", content_type="application/xml"), DONE]
)
def test_an_empty_reply_says_nothing(server, ana, reply):
    server.on(PATH, reply)

    exchange = ana.send("hola")

    assert (exchange.text, ana.received, ana.errors) == ("", [], [])


def test_plain_text_reaches_the_person_and_is_an_error(server, ana):
    server.on(PATH, Reply("Internal Server Error", content_type="text/plain"))

    ana.send("hola")

    assert [(received.text, received.via) for received in ana.received] == [
        ("Internal Server Error", "plain")
    ]
    assert codes(ana) == [12300]


@pytest.mark.parametrize(
    ("reply", "code", "reaches"),
    [
        (response(message("a" * 1601)), 14103, 0),
        (response(message("🎉" * 1600)), None, 1),
        (response(message("")), 14103, 0),
        (response(message("  \n ")), 14103, 0),
        (response("<Message><Body/></Message>"), 14103, 0),
        (response("<message>hola</message>"), 14110, 0),
        (response("<Say>hola</Say>", message("hola")), 14110, 1),
        (response("<Message tone='kind'>hola</Message>"), 12200, 1),
        (response("<Message><Boddy>hola</Boddy></Message>"), 12200, 0),
        (response(message("hola") * 11), 14109, 10),
        ("<Response><Message>hola</Response>", 12100, 0),
        ("<Answer/>", 12100, 0),
        ("", 12100, 0),
        (response(message("a\x0bb")), 12100, 0),
        (response(message("hola"), "<!--" + "x" * 65536 + "-->"), 11750, 0),
        (Reply(response(), content_type="application/json"), 12300, 0),
        (Reply(response(), content_type=None), 12300, 0),
        (Reply(status=403), 11200, 0),
        (Reply(status=500), 11200, 0),
        (Reply(dies=True), 11206, 0),
    ],
)
def test_what_twilio_would_not_take_is_an_error(server, ana, reply, code, reaches):
    server.on(PATH, reply)

    exchange = ana.send("hola")

    assert len(ana.received) == reaches
    assert codes(ana)[:1] == ([] if code is None else [code])
    assert exchange.problems == tuple(ana.errors)


def test_a_reply_that_takes_too_long_is_an_error(server, a_whatsapp):
    server.on(PATH, Reply(hangs=True))
    ana = a_whatsapp(path=f"{PATH}#tt=200")

    exchange = ana.send("hola")

    assert codes(ana) == [11200]
    assert exchange.status is None
    assert server.asked[0].target == PATH


def test_where_the_webhook_fails_the_fallback_is_asked_and_told_why(server, a_whatsapp):
    server.on(PATH, Reply(status=503))
    server.on("/fallback", response(message("Un momento")))
    ana = a_whatsapp(fallback_url="/fallback")

    exchange = ana.send("hola")

    form = server.asked_for("/fallback")[0].form
    assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", server.url + PATH)
    assert (form["Body"], exchange.text) == ("hola", "Un momento")
    assert [step.status for step in exchange.steps] == [503, 200]


def test_a_redirect_is_followed_with_the_message(server, ana):
    server.on(PATH, response(message("uno"), "<Redirect>next?x=1</Redirect>"))
    server.on(f"{PATH}next", response(message("dos")))

    ana.send("hola")

    assert ana.texts == ["uno", "dos"]
    assert server.asked[1].form["Body"] == "hola"
    assert ana.errors == []


def test_documents_that_go_round_are_an_error(server, ana):
    server.on(PATH, response("<Redirect/>"))

    ana.send("hola")

    assert codes(ana) == [14106]
    assert len(server.asked) == 50


def test_a_reply_may_be_lost_on_its_way(server, ana):
    server.on(PATH, response(message("Hola", "/status")))

    exchange = ana.send("hola", reply_lost=True)

    assert (exchange.status, exchange.messages, ana.received, told(server)) == (200, (), [], [])


def test_a_reply_to_somebody_else_does_not_reach_the_person(server, ana):
    server.on(PATH, response("<Message to='whatsapp:+34600000002'>Hola, Luis</Message>"))

    exchange = ana.send("hola")

    assert (exchange.messages, ana.received, codes(ana)) == ((), [], [None])


def test_cookies_are_kept_as_twilio_keeps_them_for_a_pair_of_numbers(server, ana):
    server.on(PATH, Reply(headers={"Set-Cookie": "a=1"}))

    ana.send("uno")
    ana.send("dos")

    assert "Cookie" not in server.asked[0].headers
    assert server.asked[1].headers["Cookie"] == "a=1"


# Receipts


@pytest.fixture
def answered(server):
    server.on(PATH, response(message("Hola", "/status?message=7")))
    server.on("/status", DONE)
    return server


def test_each_message_is_followed_by_its_receipts(answered, a_whatsapp):
    ana = a_whatsapp(public_url=PUBLIC)

    ana.send("hola")

    (received,) = ana.received
    assert received.status_callback == f"{PUBLIC}/status?message=7"
    assert [form["MessageStatus"] for form in told(answered)] == ["sent", "delivered", "read"]
    first, _, last = told(answered)
    assert first["MessageSid"] == first["SmsSid"] == received.sid
    assert (first["From"], first["To"]) == ("whatsapp:+12025550100", "whatsapp:+12025550143")
    assert (first["SmsStatus"], first["ChannelPrefix"]) == ("sent", "whatsapp")
    assert "ErrorCode" not in first
    assert ("EventType" in first, last["EventType"]) == (False, "READ")
    asked = answered.asked_for("/status")[0]
    sent = asked.headers["X-Twilio-Signature"]
    assert RequestValidator("a secret").validate(PUBLIC + asked.target, asked.form, sent)
    assert ana.errors == []


def test_a_message_that_names_no_callback_has_no_receipts(server, ana):
    ana.send("hola")

    assert told(server) == []


@pytest.mark.parametrize(
    ("config", "statuses"),
    [
        (ReceiptConfig(order="scrambled"), ["read", "delivered", "sent"]),
        (ReceiptConfig(times=2), ["sent", "sent", "delivered", "delivered", "read", "read"]),
        (ReceiptConfig(dropped={"sent", "read"}), ["delivered"]),
        (ReceiptConfig(statuses=()), []),
        (ReceiptConfig(statuses=("sent",)), ["sent"]),
    ],
)
def test_receipts_may_be_scrambled_repeated_and_dropped(answered, a_whatsapp, config, statuses):
    a_whatsapp(receipts=config).send("hola")

    assert [form["MessageStatus"] for form in told(answered)] == statuses


def test_receipts_may_be_held_back(answered, a_whatsapp):
    ana = a_whatsapp(receipts=ReceiptConfig(held=True))

    ana.send("hola")
    assert told(answered) == []
    ana.release_receipts()

    assert [form["MessageStatus"] for form in told(answered)] == ["sent", "delivered", "read"]


@pytest.mark.parametrize(
    ("failing", "statuses"), [("failed", ["failed"]), ("undelivered", ["sent", "undelivered"])]
)
def test_a_message_may_fail_and_then_does_not_reach_the_person(answered, a_whatsapp, failing, statuses):
    ana = a_whatsapp(receipts=ReceiptConfig(error_code=63003, failing=failing))

    exchange = ana.send("hola")

    assert (ana.received, exchange.messages) == ([], ())
    assert [form["MessageStatus"] for form in told(answered)] == statuses
    assert told(answered)[-1]["ErrorCode"] == "63003"


def test_a_receipt_that_is_not_accepted_is_an_error(server, ana):
    server.on(PATH, response(message("Hola", "/nowhere")))

    ana.send("hola")

    assert codes(ana) == [15003, 15003, 15003]


def test_other_peoples_servers_are_not_told(server, ana):
    server.on(PATH, response(message("Hola", "https://other.example.com/status")))

    ana.send("hola")

    assert set(codes(ana)) == {11205}
