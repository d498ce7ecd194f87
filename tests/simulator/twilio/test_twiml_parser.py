import pytest

from simulator.twilio.errors import WebhookError
from simulator.twilio.twiml_parser import read_document

URL = "http://127.0.0.1:5000/voice"


def read(body, content_type="text/xml"):
    return read_document(content_type, body, URL)


@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/xml", "text/html; charset=utf-8", "Text/XML;charset=UTF-8"]
)
def test_three_content_types_are_twiml(content_type):
    (verb,) = read("<Response><Say voice='alice'>Hola</Say></Response>", content_type)

    assert (verb.name, verb.text, verb.attributes) == ("Say", "Hola", {"voice": "alice"})


def test_an_xml_declaration_spaces_around_and_comments_are_fine():
    verbs = read('\n<?xml version="1.0" encoding="UTF-8"?>\n<Response><!-- no --><Hangup/></Response>\n')

    assert [verb.name for verb in verbs] == ["Hangup"]


def test_the_words_within_ssml_are_the_verbs_words():
    body = "<Response><Say>Son\n <emphasis>tres</emphasis>,<break/>o <s>cuatro</s>.</Say></Response>"

    assert read(body)[0].text == "Son tres, o cuatro."


def test_plain_text_is_read_aloud_and_the_call_ends():
    say, hangup = read("Internal  Server\nError", "text/plain")

    assert (say.name, say.text, hangup.name) == ("Say", "Internal Server Error", "Hangup")


def test_plain_text_that_is_twiml_is_acted_out():
    assert [verb.name for verb in read("<Response><Pause/></Response>", "text/plain")] == ["Pause"]


def test_audio_is_played_and_the_call_ends():
    play, hangup = read("", "audio/mpeg")

    assert (play.name, play.text, hangup.name) == ("Play", URL, "Hangup")


@pytest.mark.parametrize("content_type", [None, "", "application/json"])
def test_any_other_content_type_is_error_12300(content_type):
    with pytest.raises(WebhookError) as raised:
        read("<Response/>", content_type)

    assert raised.value.code == 12300
    assert raised.value.url == URL


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<Response>",
        "<Response><Say>a & b</Say></Response>",
        "<Response>\x0b</Response>",
        "<response/>",
        "<html/>",
    ],
)
def test_what_is_not_well_formed_twiml_is_error_12100(body):
    with pytest.raises(WebhookError) as raised:
        read(body)

    assert raised.value.code == 12100


def test_numbers_and_yes_or_no_have_defaults_where_they_are_wrong_or_missing():
    (verb,) = read("<Response><Gather timeout='x' numDigits='4' bargeIn='false'/></Response>")

    assert verb.number("timeout", 5) == 5
    assert verb.number("numDigits", 0) == 4
    assert verb.is_true("bargeIn", default=True) is False
    assert verb.is_true("actionOnEmptyResult") is False
