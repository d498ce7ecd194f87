"""ElevenLabs' webhooks: who signed them, and what they say."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.elevenlabs import webhooks
from integrations.elevenlabs.webhooks import PostCall, Spoken, read_post_call, verify
from tests.fakes import elevenlabs as fake
from tests.fakes.elevenlabs import FakeElevenLabs

SECRET = "wsec_test"
MOMENT = 1739537297
BODY = b'{"type":"post_call_transcription"}'
DIGEST = "81a65aa1e2057ec4cdc236dca583cf6ef5899fbc7acd1fe2c0921f684fa3779c"
HEADER = f"t={MOMENT},v0={DIGEST}"
NOW = datetime.fromtimestamp(MOMENT, UTC)


def theirs(clock=lambda: MOMENT):
    return FakeElevenLabs("http://127.0.0.1:1/", SECRET, clock)


def read(event):
    return read_post_call(json.loads(json.dumps(event)))


# --- signatures


def test_the_vector_of_their_documentation_is_signed():
    assert verify(SECRET, HEADER, BODY, NOW)
    assert fake.signature(SECRET, MOMENT, BODY) == HEADER


@pytest.mark.parametrize(
    "header",
    [
        f"v0={DIGEST},t={MOMENT}",
        f" t={MOMENT} , v0={DIGEST} \n",
        f"t={MOMENT},v0={'0' * 64},v0={DIGEST}",
        f"t={MOMENT},v0={DIGEST},v0={'0' * 64}",
        f"t={MOMENT},v1=whatever,v0={DIGEST},=,,x",
    ],
)
def test_order_spaces_and_further_signatures_do_no_harm(header):
    assert verify(SECRET, header, BODY, NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        f"t={MOMENT}",
        f"v0={DIGEST}",
        f"t=,v0={DIGEST}",
        f"t={MOMENT}.0,v0={DIGEST}",
        f"t=-{MOMENT},v0={DIGEST}",
        f"t=+{MOMENT},v0={DIGEST}",
        f"t=1_739537297,v0={DIGEST}",
        f"t=١٧٣٩٥٣٧٢٩٧,v0={DIGEST}",
        f"t={MOMENT + 1},v0={DIGEST}",
        f"t={MOMENT},t={MOMENT + 1},v0={DIGEST}",
        f"t={'9' * 400},v0={DIGEST}",
        f"t={MOMENT},v0={DIGEST[:-1]}",
        f"t={MOMENT},v0={DIGEST}0",
        f"t={MOMENT},v0=",
        f"t={MOMENT},v0=ñ\ud800",
        f"t={MOMENT},v1={DIGEST}",
        f"t={MOMENT}" + ",v0=" * 1000 + f",v0={DIGEST}",
    ],
)
def test_any_other_header_signs_nothing(header):
    assert not verify(SECRET, header, BODY, NOW)


def test_neither_another_body_nor_another_secret_nor_none_is_signed():
    assert not verify(SECRET, HEADER, BODY + b" ", NOW)
    assert not verify("wsec_other", HEADER, BODY, NOW)
    assert not verify("", fake.signature("", MOMENT, BODY), BODY, NOW)


@pytest.mark.parametrize(
    ("age_s", "fresh"),
    [(0, True), (1800, True), (1801, False), (86400, False), (-1800, True), (-1801, False)],
)
def test_a_signature_is_good_for_half_an_hour(age_s, fresh):
    assert verify(SECRET, HEADER, BODY, NOW + timedelta(seconds=age_s)) is fresh


@given(st.text(), st.binary())
def test_no_header_at_all_makes_it_fail(header, body):
    assert not verify(SECRET, header, body, NOW)


# --- what they say


def test_a_call_that_came_in_is_read_whole():
    call = read(theirs().transcription(said=[("agent", "Hola"), ("user", "Buenas, una cita.")]))

    assert call == PostCall(
        type="post_call_transcription",
        agent_id=fake.AGENT_ID,
        conversation_id=fake.CONVERSATION_ID,
        status="done",
        started_at=NOW - timedelta(seconds=42),
        duration_s=42,
        transcript=(Spoken("agent", "Hola", 0), Spoken("user", "Buenas, una cita.", 5)),
        summary="The caller wanted an appointment.",
        direction="inbound",
        caller=fake.PERSON,
        called=fake.AGENT_NUMBER,
        contact=fake.PERSON,
        call_sid="CA" + "1" * 32,
        success="success",
        termination_reason="Client disconnected: 1000",
    )


def test_of_a_call_that_went_out_the_contact_is_who_was_called():
    call = read(theirs().transcription(direction="outbound"))

    assert (call.caller, call.called, call.contact) == (fake.AGENT_NUMBER, fake.PERSON, fake.PERSON)


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_who_was_on_the_line_is_found_where_only_the_metadata_says_it(direction):
    event = theirs().transcription(direction=direction)
    whole = read(event)
    del event["data"]["conversation_initiation_client_data"]

    assert read(event) == whole


def test_who_was_on_the_line_is_found_where_only_the_variables_say_it():
    event = theirs().transcription()
    del event["data"]["metadata"]["phone_call"]

    call = read(event)

    assert (call.caller, call.called, call.contact) == (fake.PERSON, fake.AGENT_NUMBER, fake.PERSON)
    assert (call.direction, call.call_sid) == ("", "CA" + "1" * 32)


def test_a_conversation_in_the_browser_has_nobody_on_the_line():
    call = read(theirs().transcription(person=None))

    assert (call.direction, call.caller, call.called, call.contact, call.call_sid) == (
        "",
        None,
        None,
        None,
        "",
    )
    assert len(call.transcript) == 2


def test_a_withheld_number_is_none():
    event = theirs().transcription()
    event["data"]["metadata"]["phone_call"]["external_number"] = "anonymous"
    event["data"]["conversation_initiation_client_data"]["dynamic_variables"]["system__caller_id"] = (
        "anonymous"
    )

    assert read(event).contact is None


def test_a_call_that_reached_nobody_says_whom_and_why():
    call = read(theirs().initiation_failure("busy"))

    assert (call.type, call.termination_reason) == ("call_initiation_failure", "busy")
    assert (call.direction, call.contact, call.caller) == ("outbound", fake.PERSON, fake.AGENT_NUMBER)
    assert (call.call_sid, call.transcript, call.started_at) == ("CA" + "1" * 32, (), None)


def test_of_audio_only_the_conversation_is_kept():
    call = read(theirs().audio())

    assert (call.type, call.conversation_id, call.transcript) == ("post_call_audio", fake.CONVERSATION_ID, ())


def test_a_turn_without_words_is_passed_over():
    event = theirs().transcription(said=[("agent", "Hola"), ("user", "Adiós")])
    event["data"]["transcript"][1:1] = [
        {"role": "agent", "message": None, "tool_calls": [{}], "time_in_call_secs": 3},
        {"role": "agent", "message": " \x00\n"},
        {"role": "user"},
        "nonsense",
        None,
    ]

    assert [turn.text for turn in read(event).transcript] == ["Hola", "Adiós"]


def test_control_characters_and_halves_of_characters_are_taken_out():
    event = theirs().transcription(said=[("user", "a\x00b\ud83dc\nd\x7f")], summary="x\x1by")

    call = read_post_call(event)

    assert (call.transcript[0].text, call.summary) == ("a b c\nd", "x y")


def test_what_is_too_much_is_cut():
    said = [("agent", "ñ" * 5000)] * 3000
    call = read(theirs().transcription(said=said, summary="s" * 99_999))

    assert len(call.transcript) == webhooks.MOST_TURNS == 2000
    assert len(call.transcript[-1].text) == webhooks.MOST_TURN == 4000
    assert len(call.summary) == 10_000


@pytest.mark.parametrize("seconds", ["5", -1, True, None, float("nan"), float("inf"), 10**400, [5], {}])
def test_a_time_that_is_none_is_unknown(seconds):
    event = theirs().transcription()
    event["data"]["metadata"] |= {"start_time_unix_secs": seconds, "call_duration_secs": seconds}
    event["data"]["transcript"][0]["time_in_call_secs"] = seconds

    call = read_post_call(event)

    assert (call.started_at, call.duration_s, call.transcript[0].at_s) == (None, None, None)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        5,
        {},
        {"type": "post_call_transcription"},
        {"type": "post_call_transcription", "data": []},
        {"type": "post_call_transcription", "data": {"conversation_id": ""}},
        {"type": "post_call_transcription", "data": {"conversation_id": 5}},
        {"type": "post_call_transcription", "data": {"conversation_id": "c" * 121}},
        {"type": None, "data": {"conversation_id": "c"}},
        {"data": {"conversation_id": "c"}},
    ],
)
def test_what_does_not_say_of_which_conversation_it_is_says_nothing(body):
    assert read_post_call(body) is None


def test_a_body_with_nothing_but_a_type_and_a_conversation_is_enough():
    call = read_post_call({"type": "something_new", "data": {"conversation_id": "conv_1"}})

    assert (call.type, call.conversation_id, call.transcript, call.contact) == (
        "something_new",
        "conv_1",
        (),
        None,
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(anything)
def test_no_json_makes_the_reading_fail(body):
    assert read_post_call(body) is None


@given(st.data())
def test_no_json_in_any_place_of_a_real_event_makes_the_reading_fail(data):
    event = theirs().transcription()
    holder, key = data.draw(st.sampled_from(list(places(event))))
    holder[key] = data.draw(anything)

    call = read_post_call(event)

    assert call is None or call.conversation_id == event["data"]["conversation_id"]
    assert call is None or call.contact in (fake.PERSON, None)


def places(node):
    """Walk through every place of a JSON that another value can be put to."""
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])
