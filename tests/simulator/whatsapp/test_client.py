"""What a person writes reaches the server as Twilio would bring it, and what comes back is read as Twilio would."""

import json
import re
import threading

import pytest
from twilio.request_validator import RequestValidator

from simulator.whatsapp.client import document, photo, sticker, voice_note
from tests.simulator.conftest import ACCOUNT
from tests.simulator.toy_server import Reply, response
from tests.simulator.whatsapp.writing import PATH, PUBLIC

# Writing


def test_a_text_comes_with_twilios_parameters(server, ana):
    exchange = ana.send("¿A qué hora abrís?")

    (asked,) = server.asked
    form = asked.form
    assert (asked.method, asked.target) == ("POST", PATH)
    assert re.fullmatch("SM[0-9a-f]{32}", form["MessageSid"])
    assert exchange.sid == form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"]
    assert (form["From"], form["To"]) == ("whatsapp:+12025550143", "whatsapp:+12025550100")
    assert (form["WaId"], form["ProfileName"]) == ("12025550143", "Ana")
    assert (form["Body"], form["NumMedia"], form["NumSegments"]) == ("¿A qué hora abrís?", "0", "1")
    assert (form["SmsStatus"], form["MessageType"]) == ("received", "text")
    assert (form["AccountSid"], form["ApiVersion"]) == (ACCOUNT, "2010-04-01")
    assert json.loads(form["ChannelMetadata"])["data"]["context"]["WaId"] == "12025550143"
    assert asked.headers["I-Twilio-Idempotency-Token"] == exchange.token


def test_webhooks_are_signed_for_the_public_url_port_and_all(server, a_whatsapp):
    server.on(PATH, response())

    a_whatsapp(public_url=PUBLIC).send("emoji 🎉 &  espacios ")

    (asked,) = server.asked
    sent = asked.headers["X-Twilio-Signature"]
    assert RequestValidator("a secret").validate(PUBLIC + PATH, asked.form, sent)
    assert not RequestValidator("another").validate(PUBLIC + PATH, asked.form, sent)
    # The validator would take one made without the port too, as voice has it
    assert sent == RequestValidator("a secret").compute_signature(PUBLIC + PATH, asked.form)


def test_a_shared_key_signs_in_sha_256(server, a_whatsapp):
    server.on(PATH, response())

    a_whatsapp(shared_key_id="SK01").send("hola")

    asked = server.asked[0]
    assert asked.headers["X-Twilio-Webhooks-Signature-Settings"] == "key=SK01,algorithm=HMAC_SHA256"
    assert RequestValidator("a secret").validate(
        server.url + PATH, asked.form, asked.headers["X-Twilio-Signature"], algorithm="HMAC_SHA256"
    )


def test_a_mexican_number_may_differ_from_its_id(server, a_whatsapp):
    server.on(PATH, response())

    a_whatsapp(number="+5215512345678", wa_id="525512345678").send("hola")

    form = server.asked[0].form
    assert (form["From"], form["WaId"]) == ("whatsapp:+5215512345678", "525512345678")


@pytest.mark.parametrize(
    ("attachment", "content_type", "message_type"),
    [
        (photo(), "image/jpeg", "image"),
        (photo(content_type="image/png"), "image/png", "image"),
        (voice_note(), "audio/ogg", "audio"),
        (voice_note(content_type="audio/ogg; codecs=opus"), "audio/ogg; codecs=opus", "audio"),
        (sticker(), "image/webp", "sticker"),
        (document(), "application/pdf", "document"),
    ],
)
def test_a_file_comes_as_a_link_in_twilios_form(server, ana, attachment, content_type, message_type):
    ana.send(media=[attachment])

    form = server.asked[0].form
    assert form["MessageSid"].startswith("MM")
    assert (form["Body"], form["NumMedia"], form["MessageType"]) == ("", "1", message_type)
    assert form["MediaContentType0"] == content_type
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{form['MessageSid']}/Media/ME[0-9a-f]{{32}}"
    assert re.fullmatch(re.escape(ana.api.url) + path, form["MediaUrl0"])


def test_several_files_are_numbered(server, ana):
    ana.send("Mira", media=[photo(), voice_note()])

    form = server.asked[0].form
    assert (form["NumMedia"], form["Body"], form["MessageType"]) == ("2", "Mira", "image")
    assert form["MediaContentType1"] == "audio/ogg"
    assert form["MediaUrl0"] != form["MediaUrl1"]


def test_a_place_a_card_a_button_and_a_choice_have_fields_of_their_own(server, ana):
    ana.share_location(40.4168, -3.7038, "Puerta del Sol")
    ana.share_contact("Luis", "+34600000002")
    ana.press_button("Sí", "yes", quotes="SM1")
    ana.choose("Corte", "cut", "30 minutos")

    place, card, button, choice = (asked.form for asked in server.asked)
    assert (place["Latitude"], place["Longitude"]) == ("40.4168", "-3.7038")
    assert (place["Label"], "Address" in place, place["MessageType"]) == (
        "Puerta del Sol",
        False,
        "location",
    )
    assert (card["MediaContentType0"], card["MessageType"]) == ("text/vcard", "contacts")
    assert (button["Body"], button["ButtonText"], button["ButtonPayload"]) == ("Sí", "Sí", "yes")
    assert (button["OriginalRepliedMessageSid"], button["MessageType"]) == ("SM1", "button")
    assert button["OriginalRepliedMessageSender"] == "whatsapp:+12025550100"
    assert (choice["Body"], choice["ListId"], choice["ListTitle"]) == ("Corte", "cut", "Corte")
    assert choice["MessageType"] == "interactive"


def test_fields_can_be_added_changed_and_left_out(server, ana):
    ana.send("STOP", opt_out_type="STOP", Forwarded="true", From=None, WaId="1")

    form = server.asked[0].form
    assert (form["OptOutType"], form["Forwarded"], form["WaId"]) == ("STOP", "true", "1")
    assert "From" not in form


def test_a_webhook_may_come_again_with_the_same_sid_and_token(server, ana):
    first = ana.send("hola")

    (again,) = ana.repeat(first)

    one, two = server.asked
    assert one.form == two.form
    assert one.headers["I-Twilio-Idempotency-Token"] == two.headers["I-Twilio-Idempotency-Token"]
    assert again.sid == first.sid
    assert len(ana.received) == 2


def test_a_webhook_may_come_ten_times_at_once(server, a_whatsapp):
    together = threading.Barrier(10, timeout=20)

    class AllTogether:
        def wait(self, _):
            together.wait()

    server.on(PATH, Reply(response(), waits_for=AllTogether()))

    exchanges = a_whatsapp().send_at_once("hola", times=10)

    assert len(exchanges) == 10
    assert len({asked.form["MessageSid"] for asked in server.asked}) == 1
    assert len({asked.headers["I-Twilio-Idempotency-Token"] for asked in server.asked}) == 1
