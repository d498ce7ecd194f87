"""What the network does in a call: dials, limits, endings, hanging up."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.twilio.errors import CallLoopsError, NoCallError
from simulator.twilio.journal import Ending
from tests.simulator.toy_server import Reply, response
from tests.simulator.twilio.call_documents import ASK
from tests.waiting import PATIENCE_S, wait_until


def test_without_an_action_a_dial_that_is_over_goes_on_with_the_next_verb(server, a_phone):
    phone = a_phone(dial_outcome="busy")
    server.on("/voice", response("<Dial>+34600000002</Dial>", "<Say>No contesta</Say>", "<Hangup/>"))

    assert phone.dial() == "No contesta"
    assert [line.text for line in phone.transcript if line.who == "call"] == ["dial +34600000002: busy"]


@pytest.mark.parametrize(
    ("outcome", "duration", "bridged", "seconds"),
    [("completed", "30", "true", 4 + 30), ("no-answer", "0", "false", 20), ("busy", "0", "false", 4)],
)
def test_a_dials_action_is_told_what_came_of_it(server, a_phone, outcome, duration, bridged, seconds):
    phone = a_phone(dial_outcome=outcome)
    server.on("/voice", response("<Dial action='/dialled' timeout='20'><Number>+34600000002</Number></Dial>"))
    server.on("/dialled", response("<Hangup/>"))

    phone.dial()

    form = server.asked[1].form
    assert form["DialCallStatus"] == outcome
    assert form["DialCallDuration"] == duration
    assert form["DialBridged"] == bridged
    assert re.fullmatch("CA[0-9a-f]{32}", form["DialCallSid"])
    assert form["DialCallSid"] != phone.call_sid
    assert phone.now == pytest.approx(seconds + sum(step.seconds for step in phone.steps))


def test_a_dial_with_somebody_elses_caller_id_fails(server, phone):
    server.on("/voice", response("<Dial action='/dialled' callerId='+34600000009'>+34600000002</Dial>"))
    server.on("/dialled", response("<Hangup/>"))

    phone.dial()

    assert server.asked[1].form["DialCallStatus"] == "failed"
    assert [warning.code for warning in phone.warnings] == [13214]


def test_a_dial_with_our_own_number_as_caller_id_is_fine(server, phone):
    server.on("/voice", response("<Dial callerId='+12025550100'>+34600000002</Dial>"))

    phone.dial()

    assert phone.warnings == []


def test_a_rejected_call_ends_unanswered(server, phone):
    server.on("/voice", response("<Reject reason='busy'/>"))

    phone.dial()

    assert phone.ended is Ending.REJECTED
    assert phone.heard == []


def test_a_document_without_verbs_ends_the_call(server, phone):
    server.on("/voice", response())

    phone.dial()

    assert phone.ended is Ending.NO_MORE_VERBS


def test_plain_text_is_read_aloud_and_the_call_ends(server, phone):
    server.on("/voice", Reply("Something broke", content_type="text/plain"))

    assert phone.dial() == "Something broke"
    assert phone.ended is Ending.HANGUP


def test_warnings_do_not_stop_the_call(server, phone):
    server.on("/voice", response("<Talk>Hola</Talk>", "<Say/>", "<Say>Hola</Say>", "<Connect/>", ASK))

    words = phone.dial()

    assert words == "Hola ¿Sí?"
    assert [warning.code for warning in phone.warnings] == [12200, 13520, None]


def test_a_say_over_the_limit_is_not_heard(server, phone):
    server.on("/voice", response(f"<Say>{'a' * 4097}</Say>", ASK))

    assert phone.dial() == "¿Sí?"


def test_documents_that_only_lead_to_each_other_are_told_from_a_slow_call(server, phone):
    server.on("/voice", response("<Redirect>/voice</Redirect>"))

    with pytest.raises(CallLoopsError):
        phone.dial()


def test_cookies_are_kept_within_a_call_and_forgotten_after_it(server, phone):
    server.on("/voice", Reply(response(ASK), headers={"Set-Cookie": "turn=1; Path=/"}))
    server.on("/gather", response("<Hangup/>"))

    phone.dial()
    phone.say("hola")
    phone.dial()

    assert [asked.headers.get("Cookie") for asked in server.asked] == [None, "turn=1", None]


def test_a_phone_that_dials_again_has_a_new_call(server, phone):
    server.on("/voice", response(ASK))

    phone.dial()
    first = phone.call_sid
    phone.dial()

    assert phone.call_sid != first
    assert len(phone.steps) == 1
    assert phone.ended is None


def test_nothing_can_be_said_before_or_after_a_call(server, phone):
    server.on("/voice", response("<Hangup/>"))

    with pytest.raises(NoCallError):
        phone.say("hola")
    with pytest.raises(NoCallError):
        phone.hang_up()
    phone.dial()
    with pytest.raises(NoCallError, match="hangup"):
        phone.say("hola")


@pytest.mark.parametrize("reply", [Reply(response("<Say>Tarde</Say>")), Reply(status=500)])
def test_a_caller_who_hangs_up_while_the_server_thinks_hears_no_more(server, a_phone, reply):
    phone = a_phone(status_callback="/status", fallback_url="/fallback")
    reply.waits_for = threading.Event()
    server.on("/voice", response(ASK))
    server.on("/gather", reply)
    server.on("/status", Reply(status=204))
    phone.dial()
    call = threading.Thread(target=phone.say, args=("hola",))

    call.start()
    while not server.asked_for("/gather"):
        pass
    phone.hang_up()
    reply.waits_for.set()
    call.join(PATIENCE_S)

    assert phone.ended is Ending.CALLER
    assert phone.failure is None
    assert [heard.text for heard in phone.heard] == ["¿Sí?"]
    assert [asked.path for asked in server.asked] == ["/voice", "/gather", "/status"]


def test_hanging_up_wakes_a_phone_that_listens_in_real_time(server, a_phone):
    phone = a_phone(realtime=True)
    server.on("/voice", response("<Pause length='60'/>", ASK))
    call = threading.Thread(target=phone.dial)

    call.start()
    wait_until(lambda: phone.steps)
    phone.hang_up()
    call.join(PATIENCE_S)

    assert not call.is_alive()
    assert phone.now < 50
    assert phone.heard == []


def test_hanging_up_ends_a_silence_too(server, a_phone):
    phone = a_phone(realtime=True)
    server.on("/voice", response("<Gather timeout='60' actionOnEmptyResult='true'/>"))
    phone.dial()

    with ThreadPoolExecutor() as pool:
        silence = pool.submit(phone.silence)
        wait_until(lambda: len(phone.turns) == 2)
        phone.hang_up()

    assert silence.result(PATIENCE_S) == ""
    assert len(server.asked) == 1


def test_in_real_time_the_second_call_takes_its_time_as_the_first(server, a_phone):
    phone = a_phone(realtime=True)
    server.on("/voice", response("<Say>Adiós.</Say>", "<Hangup/>"))

    phone.dial()
    phone.dial()

    assert phone.now >= 6 / 15


def test_fifty_phones_call_at_once(server, a_phone):
    server.on("/voice", response(ASK))
    server.on("/gather", response("<Say>Adiós</Say>", "<Hangup/>"))
    phones = [a_phone() for _ in range(50)]

    def call(phone):
        phone.dial()
        phone.say("hola")

    threads = [threading.Thread(target=call, args=(phone,)) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert all(phone.ended is Ending.HANGUP for phone in phones)
    assert len({phone.call_sid for phone in phones}) == 50
