"""A profile that is wrong says where, and what to change."""

import re

import pytest

from conversation.profiles.error_messages import profile_sentence
from conversation.profiles.errors import ProfileError
from conversation.profiles.profile import load_profile
from conversation.profiles.schema import KNOWLEDGE_LIMIT
from tests.conversation.conftest import BASIC


def test_an_unknown_key_is_named_with_its_line_and_a_suggestion(refusal):
    sentence = refusal(BASIC.replace("greeting =", "greting ="))

    assert sentence == '5: "greting" is not known here: write "greeting" if that is what it means.'


def test_a_key_unlike_any_other_is_answered_with_the_list(refusal):
    assert refusal("\n\n" + BASIC + "colour = 1").startswith(
        '9: "colour" is not known here: remove it, or use one of name,'
    )


def test_a_key_that_slid_into_a_table_is_sent_back(refusal):
    text = BASIC + '[[faq]]\nquestions = ["¿Abren?"]\nanswer = "Sí."\nhints = ["pan"]'

    assert (
        refusal(text)
        == '10: "hints" cannot stand under [faq]: move it above the first line that begins with [.'
    )


def test_a_phrase_outside_its_table_is_sent_there(refusal):
    assert refusal(BASIC + 'transfer = "Le paso."').startswith(
        '7: "transfer" belongs further down, under a line [phrases]'
    )


def test_a_missing_key_is_named(refusal):
    assert refusal(BASIC.replace('business = "Panadería {Sol}"\n', "")) == (
        '1: "business" is missing: add a line with business =.'
    )


def test_the_line_is_that_of_the_right_table(refusal):
    text = (
        BASIC
        + """\
hints = [
    "pan",  # not a key = "here"
    "bollos",
]

[[faq]]
questions = ["¿Abren?"]
answer = "Sí."

[[faq]]
questions = [
    "¿Cierran?",
    5,
]
answer = '''
answer = "a trap"
'''
"""
    )

    assert refusal(text) == '19: an entry of "questions" must be text in quotes, such as "text".'


def test_a_table_that_lacks_a_key_is_found(refusal):
    text = BASIC + '[[faq]]\nquestions = ["a"]\nanswer = "b"\n\n# second\n[[faq]]\nquestions = ["c"]\n'

    assert refusal(text) == '12: "answer" is missing: add a line with answer =.'


def test_inline_tables_have_lines_too(refusal):
    assert refusal(
        BASIC + 'faq = [\n  {questions = ["a"], answer = "b"},\n  {questions = ["c"], answer = 3},\n]'
    ).startswith('9: "answer"')


@pytest.mark.parametrize(
    "line, sentence",
    [
        ('voice = "Polly.Mia-Generative"', "that speaker is there as Polly.Mia, Polly.Mia-Neural"),
        ('voice = "Polly.Joanna-Neural"', "speaks en-US but the profile's language is es-ES"),
        ('voice = "Google.en-US-Neural2-A"', "speaks en-US but the profile's language is es-ES"),
        ('voice = "Google.es-MX-Neural2-A"', "is no voice of Twilio's: Google's Spanish ones begin with Google.es-ES"),
        ('voice = "Lucia-Neural"', 'must be a voice of Twilio\'s, such as "Polly.Lucia-Neural"'),
        ('voice = "Polly.Luciaa-Neural"', "is not known: write Lucia if that is the speaker you mean"),
        ('voice = ""', "must be a voice of Twilio's"),
        ('speech_model = "whisper"', "must be a speechModel of Twilio's <Gather>: leave it out"),
        ('facts = "Abre hoy."', 'must be a list, such as ["one", "two"]'),
        ('facts = ["ok", ""]', "is empty"),
        (f'facts = ["{"a" * 301}"]', "is too long: 300 characters are the limit"),
        ('hints = ["pan, bollos"]', "has a comma, at which Twilio would cut it"),
        (f'hints = ["{"a" * 101}"]', "is too long: 100 characters are the limit"),
        (f"hints = {['pan'] * 501}", "has 501 entries: 500 are the limit"),
        ('greeting_outbound = "Hola, {nombre}"', "has a brace that would be read aloud"),
        ('greeting_outbound = "   "', "is empty"),
        ("voicemail = 2026-01-01", "must be text in quotes"),
        ('phrases = "x"', "must be a table, written [phrases]"),
        ('[faq]\nquestions = ["a"]\nanswer = "b"', "must be written with double brackets, [[faq]]"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_what_to_change(refusal, line, sentence):
    refused = refusal(BASIC + line)
    key = re.match(r"\[?(\w+)", line)

    assert key
    assert refused.startswith((f'7: "{key[1]}" ', f'7: an entry of "{key[1]}" '))
    assert sentence in refused


@pytest.mark.parametrize(
    "line, sentence",
    [
        ('reprompts = ["¿Hola?"]', "has 1 entries and needs 2"),
        ("fillers = []", "has 0 entries and needs 2"),
        ('transfer = ["a"]', "must be text in quotes"),
        ('transfr = "a"', 'write "transfer"'),
    ],
)
def test_a_wrong_phrase_is_named_too(refusal, line, sentence):
    refused = refusal(f"{BASIC}[phrases]\n{line}")

    assert refused.startswith("8: ")
    assert sentence in refused


@pytest.mark.parametrize("tag", ["es", "es_ES", "es-es", "Spanish", "", "ES-ES"])
def test_a_language_without_its_region_is_refused(refusal, tag):
    refused = refusal(BASIC.replace("es-ES", tag))

    assert refused.startswith('3: "language" must be a language with its region')


@pytest.mark.parametrize(
    "zone, suggestion",
    [
        ("Madrid", "Europe/Madrid"),
        ("America/Mexico City", "America/Mexico_City"),
        ("Europe/Bogota", "America/Bogota"),
        ("CEST+2", "Europe/Madrid"),
        ("../../etc/passwd", ""),
        ("", ""),
    ],
)
def test_a_time_zone_that_does_not_exist_is_refused(refusal, zone, suggestion):
    refused = refusal(BASIC.replace("Europe/Madrid", zone))

    assert refused.startswith('4: "time_zone" must be a time zone of the IANA list')
    assert suggestion in refused


def test_a_model_that_does_not_know_the_region_is_refused(refusal):
    refused = refusal(BASIC.replace("es-ES", "es-MX") + 'speech_model = "phone_call"')

    assert refused == '7: "speech_model" does not know es-MX: leave it out, or use deepgram_nova-3.'


def test_a_profile_that_would_cost_too_much_is_refused(refusal):
    facts = [f"{n} " + "a" * 290 for n in range(150)]

    assert f"shorten them to {KNOWLEDGE_LIMIT}" in refusal(f"{BASIC}facts = {facts}")


@pytest.mark.parametrize(
    "text, line",
    [
        (BASIC + "facts = [\n  'a'\n  'b'\n]\n", "9"),
        (BASIC + 'facts = [\n  "a",\n\n[phrases]\n', "10"),
        (BASIC + 'voicemail = """\nHola\n\n', "7"),
        (BASIC + "voicemail = Hola", "7"),
        (BASIC + 'voicemail = "Hola', "7"),
        (BASIC + 'name = "Eva"', "7"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(refusal, text, line):
    assert refusal(text).startswith(f"{line}: this is not TOML: ")


def test_what_is_not_utf8_is_refused_with_its_line(refusal):
    assert refusal(BASIC.encode("latin-1")).startswith("2: this line is not UTF-8")


def test_a_profile_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(ProfileError) as raised:
        load_profile("recepcion")

    assert profile_sentence(raised.value).said_in("en") == (
        "profiles/recepcion.toml does not exist: name one of those in profiles/ (recepcion.es, reception.en), "
        "or give the path of a file."
    )


def test_a_directory_is_no_profile(tmp_path):
    with pytest.raises(ProfileError) as raised:
        load_profile(f"{tmp_path}/")

    assert "cannot be read" in profile_sentence(raised.value).said_in("en")
