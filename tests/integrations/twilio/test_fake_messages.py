"""The stand-in for Twilio, where stories of messages lean on it."""

import pytest

from tests.fakes.twilio import message as twilio_messages
from tests.fakes.twilio.message import Receipt, failed
from tests.fakes.twilio.server import FakeTwilio, Page
from tests.fakes.twilio.webhooks import signature
from tests.integrations.twilio.messages import INBOUND_SID, OTHER, SENDER, TEMPLATE, TO, client, refused, send


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.joins(TO)
        yield fake


# The stand-in itself, where stories of messages lean on it


class Told:
    """An application that is told of receipts, and the Twilio that tells it."""

    def __init__(self, application, twilio):
        self.url = f"{application.url}/webhook/whatsapp/status"
        self.application = application
        self.twilio = twilio
        twilio.messages.rules.joins(TO)
        self.messages = client(twilio)

    def send(self, **given):
        return send(self.messages, status_callback=self.url, **given)

    def receipts(self):
        self.twilio.webhooks.settle()
        return [(r.value("MessageStatus"), r.value("ErrorCode")) for r in self.application.requests]


@pytest.fixture
def told():
    with FakeTwilio() as application, FakeTwilio(send_webhooks=True) as twilio:
        yield Told(application, twilio)


def test_the_stand_in_sends_signed_receipts_but_none_for_queued(told):
    told.twilio.messages.script(Receipt("queued"), *twilio_messages.READ)
    sid = told.send().sid
    before = told.receipts()
    told.twilio.messages.finish(told.twilio.messages.last)

    receipts = told.receipts()

    assert before == []
    assert receipts == [("sent", None), ("delivered", None), ("read", None)]
    for request in told.application.requests:
        form = {name: values[-1] for name, values in request.form.items()}
        assert request.headers["x-twilio-signature"] == signature(told.twilio.auth_token, told.url, form)
        assert (form["MessageSid"], form["From"], form["To"]) == (sid, SENDER, TO)
    assert told.application.requests[-1].value("EventType") == "READ"


def test_the_stand_in_sends_receipts_in_any_order_and_its_own_status_never_goes_back(told):
    told.twilio.messages.script(Receipt("read"), Receipt("sent"), Receipt("delivered"), Receipt("sent"))
    sid = told.send().sid
    told.twilio.messages.finish(told.twilio.messages.last)

    assert [status for status, _ in told.receipts()] == ["read", "sent", "delivered", "sent"]
    assert told.messages.fetch(sid).status == "read"


def test_the_stand_in_sends_receipts_by_itself_where_asked(told):
    told.twilio.messages.at_once = True

    sent = told.send()
    reply = told.twilio.messages.replied(to=TO, sender=SENDER, body="Sí", status_callback=told.url)

    assert sent.status == "queued"
    assert [status for status, _ in told.receipts()] == ["sent", "delivered", "read"] * 2
    assert (reply.direction, reply.status) == ("outbound-reply", "read")
    assert told.twilio.messages.bodies(TO) == ["Hola", "Sí"]


def test_the_stand_in_sends_what_it_is_told_beside_the_script(told):
    told.send()

    told.twilio.messages.tell(told.twilio.messages.last, *failed(63032))

    assert told.receipts() == [("failed", "63032")]


@pytest.mark.parametrize(("hours_ago", "code"), [(23.9, None), (24.1, 63016)])
def test_the_stand_in_lets_free_text_fail_outside_the_24_hours(told, hours_ago, code):
    told.twilio.messages.at_once = True
    told.twilio.messages.received(sender=OTHER, to=SENDER, hours_ago=hours_ago)

    sid = told.send(to=OTHER).sid

    assert told.messages.fetch(sid).error_code == code
    assert (("failed", "63016") in told.receipts()) is bool(code)


def test_the_stand_in_lets_a_template_pass_outside_the_24_hours(told):
    told.twilio.messages.at_once = True
    told.twilio.messages.received(sender=OTHER, to=SENDER, hours_ago=48)

    sid = told.send(to=OTHER, body=None, content_sid=TEMPLATE).sid

    assert told.messages.fetch(sid).status == "read"


def test_the_stand_in_opens_the_window_again_when_the_person_writes(twilio, messages):
    twilio.messages.received(sender=OTHER, to=SENDER, hours_ago=48)
    twilio.messages.received(sender=OTHER, to=SENDER)

    assert messages.fetch(send(messages, to=OTHER).sid).error_code is None


def test_the_stand_in_lets_free_text_fail_to_somebody_it_never_heard_of(twilio, messages):
    assert messages.fetch(send(messages, to=OTHER).sid).error_code == 63016


def test_the_stand_in_plays_receipts_by_a_clock(timed, clock):
    messages = client(timed)
    sid = send(messages).sid
    seen = []
    for passed in (0.5, 1, 1, 60):
        clock.pass_(passed)
        seen.append(messages.fetch(sid).status)

    assert seen == ["queued", "sent", "delivered", "read"]


def test_the_sandbox_of_the_stand_in_lets_one_message_pass_in_3_seconds(timed, clock):
    messages = client(timed)
    timed.messages.rules.sandbox()
    sids = []
    for passed in (0, 2.5, 0.5, 2, 1):
        clock.pass_(passed)
        sids.append(send(messages).sid)
    clock.pass_(60)

    assert [messages.fetch(sid).error_code for sid in sids] == [None, 63018, None, 63018, None]


def test_the_sandbox_of_the_stand_in_reaches_only_those_who_joined(twilio, messages):
    twilio.messages.rules.sandbox(TO)

    codes = [messages.fetch(send(messages, to=to).sid).error_code for to in (OTHER, TO)]

    assert codes == [63015, None]


def test_the_stand_in_lists_in_pages_the_newest_first(timed, clock):
    messages = client(timed)
    for number in range(4):
        send(messages, body=str(number))
        clock.pass_(1)
    timed.messages.received(sender=OTHER, to=TO, body="an hour ago", hours_ago=1)

    found = messages._client.messages.list(to=TO, page_size=2)

    assert [message.body for message in found] == ["3", "2", "1", "0", "an hour ago"]
    assert [request.query["Page"] for request in timed.requests if "Page" in request.query] == ["1", "2"]


def test_a_fault_can_be_kept_for_one_resource(twilio, messages):
    twilio.fail(Page(503), path="/Indicators/")

    assert send(messages).status == "queued"
    assert refused(messages.show_typing, INBOUND_SID).code == 503
