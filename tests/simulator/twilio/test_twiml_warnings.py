import pytest

from simulator.twilio.twiml_parser import read_document
from simulator.twilio.twiml_warnings import check, usable


def warnings_of(*verbs):
    document = read_document("text/xml", f"<Response>{''.join(verbs)}</Response>", "http://127.0.0.1/")
    return list(check(document))


def codes_of(*verbs):
    return [warning.code for warning in warnings_of(*verbs)]


def test_a_document_as_it_should_be_has_no_warning():
    assert not warnings_of(
        "<Gather input='dtmf speech' language='es-ES' speechTimeout='auto' timeout='5' bargeIn='true'"
        " actionOnEmptyResult='true' hints='cita, horario' action='/gather?turn=1#ct=2000' method='POST'>"
        "<Say voice='Polly.Lucia-Neural' language='es-ES'>Hola, <break time='200ms'/>dígame.</Say>"
        "<Pause length='1'/><Play>/a.mp3</Play></Gather>"
    )


@pytest.mark.parametrize(
    "verb",
    [
        "<say>Hola</say>",
        "<Speak>Hola</Speak>",
        "<Say Voice='alice'>Hola</Say>",
        "<Gather barge-in='true'/>",
        "<Hangup now='true'/>",
        "<Dial><Number colour='red'>+34600000002</Number></Dial>",
        "<Redirect><Say>Hola</Say></Redirect>",
    ],
)
def test_names_that_do_not_exist_in_that_case_or_place_are_warning_12200(verb):
    assert codes_of(verb) == [12200]


def test_only_say_play_and_pause_stand_in_a_gather():
    assert codes_of("<Gather><Redirect>/a</Redirect></Gather>") == [13320]


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        ("finishOnKey='ab'", 13310),
        ("method='PUT'", 13312),
        ("timeout='0'", 13313),
        ("timeout='1.5'", 13313),
        ("numDigits='many'", 13314),
        ("input=\"['dtmf', 'speech']\"", 13326),
        ("speechTimeout='-1'", 13327),
        ("maxSpeechTime='x'", 13328),
        ("bargeIn='yes'", 13332),
        ("bargeIn='True'", 13332),
        ("profanityFilter='no'", 13333),
        ("speechModel='best'", 13334),
        ("actionOnEmptyResult='1'", 13338),
        ("speechModel='phone_call' speechTimeout='auto'", 13335),
        ("hints='" + ",".join(["a"] * 501) + "'", 13330),
        ("hints='cita," + "a" * 101 + "'", 13330),
    ],
)
def test_a_gathers_attributes_are_warned_of_by_their_own_codes(attribute, code):
    assert codes_of(f"<Gather {attribute}/>") == [code]


@pytest.mark.parametrize(
    "attribute",
    [
        "timeout='auto'",
        "finishOnKey=''",
        "speechModel='deepgram_nova-2-phonecall' speechTimeout='2'",
        "speechTimeout='auto'",
        "hints='" + ",".join(["a" * 100] * 500) + "'",
    ],
)
def test_a_gathers_attributes_at_their_limits_are_fine(attribute):
    assert codes_of(f"<Gather {attribute}/>") == []


@pytest.mark.parametrize(
    ("say", "code"),
    [
        ("<Say/>", 13520),
        ("<Say> \n </Say>", 13520),
        (f"<Say>{'a' * 4097}</Say>", 13521),
        (f"<Say voice='Polly.Mia-Neural'>{'a' * 3001}</Say>", 13521),
        (f"<Say>{'ñ' * 751}</Say>", 13521),
        ("<Say loop='forever'>Hola</Say>", 13510),
        ("<Say voice='Polly.Nobody'>Hola</Say>", 13511),
        ("<Say voice='Google.es-MX-Neural2-A'>Hola</Say>", 13511),
        ("<Say voice='Polly.Mia-Generative'>Hola</Say>", 13511),
        ("<Gather><Say voice='Polly.Nobody'>Hola</Say></Gather>", 13321),
        ("<Gather><Say></Say></Gather>", 13520),
    ],
)
def test_a_say_is_warned_of_by_its_own_codes(say, code):
    assert codes_of(say) == [code]


@pytest.mark.parametrize(
    "say",
    [
        f"<Say>{'a' * 4096}</Say>",
        f"<Say voice='Polly.Mia-Neural' language='es-MX'><prosody rate='slow'>{'a' * 3000}</prosody></Say>",
        f"<Say>{'ñ' * 750}</Say>",
        "<Say voice='Google.es-ES-Chirp3-HD-Kore' language='es-ES'>Hola</Say>",
        "<Say voice='Polly.Joanna-Neural' language='en-US'>Hello</Say>",
        "<Say voice='alice' language='ca-ES'>Hola</Say>",
    ],
)
def test_a_say_at_its_limits_is_fine(say):
    assert codes_of(say) == []


def test_a_voice_of_another_language_is_warned_of():
    (warning,) = warnings_of("<Say voice='Polly.Mia-Neural' language='es-ES'>Hola</Say>")

    assert warning.code is None
    assert "es-MX" in str(warning.message)


@pytest.mark.parametrize(
    "verbs",
    [
        ("<Redirect>/a</Redirect>", "<Say>Hola</Say>"),
        ("<Hangup/>", "<Say>Hola</Say>"),
        ("<Reject/>", "<Say>Hola</Say>"),
        ("<Dial action='/a'>+34600000002</Dial>", "<Say>Hola</Say>"),
        ("<Gather actionOnEmptyResult='true'/>", "<Say>Hola</Say>"),
    ],
)
def test_a_verb_that_is_never_reached_is_warned_of(verbs):
    (warning,) = warnings_of(*verbs)

    assert "never reached" in str(warning.message)


def test_a_verb_after_a_gather_that_falls_through_is_reached():
    assert not warnings_of("<Gather/>", "<Redirect>/a</Redirect>")


def test_a_reject_after_the_call_was_answered_is_warned_of():
    (warning,) = warnings_of("<Say>Hola</Say>", "<Reject/>")

    assert "first" in str(warning.message)


@pytest.mark.parametrize("number", ["600000002", "+0123", "someone"])
def test_a_number_that_cannot_be_dialled_is_warning_13223(number):
    assert codes_of(f"<Dial>{number}</Dial>") == [13223]
    assert codes_of(f"<Dial><Number>{number}</Number></Dial>") == [13223]


@pytest.mark.parametrize("name", ["Connect", "Enqueue", "Start"])
def test_verbs_that_exist_and_are_not_acted_out_say_so_and_are_passed_over(name):
    document = read_document("text/xml", f"<Response><{name}><X/></{name}><Hangup/></Response>", "http://h/")

    (warning,) = check(document)
    assert warning.code is None
    assert "not acted out" in str(warning.message)
    assert [verb.name for verb in usable(document)] == ["Hangup"]


def test_a_warning_can_be_said_in_the_readers_language():
    (warning,) = warnings_of("<Say/>")

    assert [warning.message.said_in(language) for language in ("es", "en")] == [
        "<Say> no tiene palabras, y no dice nada",
        "<Say> has no words, and says nothing",
    ]
