"""Profiles: those that ship are good, and one that is wrong says where and what to change."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conversation.phrases import Phrases, phrases_for
from conversation.profiles import (
    CHANNELS,
    DEFAULT_VOICES,
    KNOWLEDGE_LIMIT,
    FaqTable,
    PhrasesTable,
    ProfileError,
    ProfileFile,
    instructions_for,
    load_profile,
)
from settings import ROOT, Settings

SHIPPED = ["recepcion.es", "reception.en"]
LATE_ON_SATURDAY = datetime(2026, 11, 21, 23, 5, tzinfo=UTC)

BASIC = """\
name = "Ana"
business = "Panadería {Sol}"
language = "es-ES"
time_zone = "Europe/Madrid"
greeting = "Hola, soy {name}, el asistente automático de {business}."
instructions = "Sea breve."
"""


@pytest.fixture
def write(tmp_path):
    def write_profile(text: str | bytes, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_profile


@pytest.fixture
def refusal(write):
    """The sentence that a text is refused with, from its line on."""

    def refuse(text: str | bytes) -> str:
        path = write(text)
        with pytest.raises(ProfileError) as raised:
            load_profile(str(path))
        assert "\n" not in str(raised.value)
        assert str(raised.value).endswith(".")
        return str(raised.value).removeprefix(f"{path}:")

    return refuse


# Those that ship


def test_there_is_a_test_for_each_profile_that_ships():
    assert sorted(file.stem for file in (ROOT / "profiles").glob("*.toml")) == SHIPPED


def test_the_default_setting_names_a_profile_that_ships():
    assert Settings.model_fields["assistant_profile"].default in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_knows_enough_to_be_useful(name):
    profile = load_profile(name)

    assert len(profile.faq) >= 12
    assert all(len(entry.questions) >= 3 for entry in profile.faq)
    assert all(fact.endswith(".") and ". " not in fact for fact in profile.facts)
    assert len({question for entry in profile.faq for question in entry.questions}) == sum(
        len(entry.questions) for entry in profile.faq
    )


@pytest.mark.parametrize(
    "name, words", [("recepcion.es", "asistente automático"), ("reception.en", "automated assistant")]
)
def test_a_shipped_profile_says_what_it_is(name, words):
    profile = load_profile(name)

    for said in (profile.greeting, profile.greeting_outbound, profile.voicemail):
        assert words in said


@pytest.mark.parametrize("name, number", [("recepcion.es", "112"), ("reception.en", "911")])
def test_a_shipped_profile_knows_what_to_do_in_an_emergency(name, number):
    profile = load_profile(name)

    assert number in profile.instructions
    assert any(number in entry.answer for entry in profile.faq)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_holds_only_made_up_numbers(name):
    text = (ROOT / "profiles" / f"{name}.toml").read_text(encoding="utf-8")

    for number in re.findall(r"\d{3} \d{3} \d{3,4}", text):
        assert re.fullmatch(r"600 000 0\d\d|202 555 01\d\d", number)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_shipped_profile_answers_can_be_read_aloud(name):
    profile = load_profile(name)

    for line in (*profile.facts, *(entry.answer for entry in profile.faq), profile.greeting):
        assert not set(line) & set("*_#`<>{}[]€$/")


# Loading


def test_a_profile_is_found_by_name_in_its_directory(write):
    path = write(BASIC, "panaderia.es.toml")

    assert load_profile("panaderia.es", path.parent) == load_profile(str(path))


def test_language_and_business_fill_what_the_file_leaves_out(write):
    profile = load_profile(str(write(BASIC.replace("{Sol}", "Sol"))))

    assert profile.voice == "Polly.Lucia-Neural"
    assert profile.time_zone == ZoneInfo("Europe/Madrid")
    assert profile.greeting == "Hola, soy Ana, el asistente automático de Panadería Sol."
    assert "Panadería Sol" in profile.voicemail
    assert "Ana" in profile.greeting_outbound
    assert (profile.facts, profile.faq, profile.hints, profile.speech_model) == ((), (), (), None)
    assert profile.phrases == replace(
        phrases_for("es-ES"),
        voicemail=profile.voicemail,
        greeting_outbound=profile.greeting_outbound,
    )


def test_a_brace_in_the_business_is_the_business_own(write):
    profile = load_profile(str(write(BASIC)))

    assert "Panadería {Sol}" in profile.greeting
    assert "Panadería {Sol}" in instructions_for(profile, now=LATE_ON_SATURDAY, channel="phone")


def test_the_file_goes_before_the_language(write):
    text = (
        BASIC
        + 'voicemail = "Mensaje de {business}."\n[phrases]\ntransfer = "Le paso."\nfillers = ["Ya.", "Ya voy."]\n'
    )

    profile = load_profile(str(write(text)))

    assert profile.voicemail == "Mensaje de Panadería {Sol}."
    assert profile.phrases.transfer == "Le paso."
    assert profile.phrases.fillers == ("Ya.", "Ya voy.")
    assert profile.phrases.goodbye == phrases_for("es-ES").goodbye


def test_words_to_listen_for_can_be_given_too(write):
    profile = load_profile(str(write(BASIC + '[phrases]\ncontinue_words = ["arre"]\n')))

    assert profile.phrases.continue_words == frozenset({"arre"})


def test_texts_become_one_line_but_instructions_keep_theirs(write):
    text = (
        BASIC.replace('"Sea breve."', '"""\nSea breve.\nSea amable.\n"""')
        + 'facts = ["""\n  Abre\n  hoy."""]\n'
    )

    profile = load_profile(str(write(text)))

    assert profile.instructions == "Sea breve.\nSea amable."
    assert profile.facts == ("Abre hoy.",)


def test_a_file_saved_by_windows_is_read(write):
    assert load_profile(str(write(b"\xef\xbb\xbf" + BASIC.replace("\n", "\r\n").encode()))).name == "Ana"


@pytest.mark.parametrize("language, voice", DEFAULT_VOICES.items())
def test_each_default_voice_speaks_its_language(write, language, voice):
    profile = load_profile(str(write(BASIC.replace("es-ES", language))))

    assert (profile.voice, profile.voice_language) == (voice, language)


def test_a_voice_of_another_region_is_named_with_its_own_language(write):
    profile = load_profile(str(write(BASIC.replace("es-ES", "es-CO") + 'voice = "Polly.Lupe-Generative"')))

    assert (profile.language, profile.voice_language) == ("es-CO", "es-US")


def test_a_voice_that_has_no_language_of_its_own_takes_the_profile_s(write):
    assert load_profile(str(write(BASIC + 'voice = "alice"'))).voice_language == "es-ES"


def test_a_language_of_its_own_needs_a_voice_and_all_phrases(write, refusal):
    french = BASIC.replace("es-ES", "fr-FR")
    spanish = phrases_for("es-ES")
    values = {field.name: getattr(spanish, field.name) for field in fields(Phrases)}
    phrases = "\n".join(
        f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {list(value)}"
        for name, value in values.items()
    )

    assert "fr-FR has no default voice" in refusal(french)
    assert "add fillers, reprompts," in refusal(french + 'voice = "Polly.Lea-Neural"')
    profile = load_profile(str(write(f'{french}voice = "Polly.Lea-Neural"\n[phrases]\n{phrases}')))
    assert profile.phrases.fillers == spanish.fillers


# What is wrong, and where


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
    assert refusal(text).startswith(f"{line}: this is not TOML (")


def test_what_is_not_utf8_is_refused_with_its_line(refusal):
    assert refusal(BASIC.encode("latin-1")).startswith("2: this line is not UTF-8")


def test_a_profile_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(ProfileError) as raised:
        load_profile("recepcion")

    assert str(raised.value) == (
        "profiles/recepcion.toml does not exist: name one of those in profiles/ (recepcion.es, reception.en), "
        "or give the path of a file."
    )


def test_a_directory_is_no_profile(tmp_path):
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(f"{tmp_path}/")


# What the model is told


def test_the_date_is_said_in_words_in_the_profile_s_zone_and_language():
    spanish = instructions_for(load_profile("recepcion.es"), now=LATE_ON_SATURDAY, channel="phone")
    english = instructions_for(load_profile("reception.en"), now=LATE_ON_SATURDAY, channel="phone")

    assert "Hoy es domingo, 22 de noviembre de 2026. Son las 00:05 (hora de Europe/Madrid)." in spanish
    assert "Today is Saturday, November 21, 2026. It is 18:05 (America/New_York time)." in english


def test_the_coming_week_is_counted_for_the_model_over_the_end_of_the_year():
    now = datetime(2026, 12, 30, 12, 0, tzinfo=timezone(timedelta(hours=-5)))

    told = instructions_for(load_profile("recepcion.es"), now=now, channel="phone")

    assert "jueves 31 de diciembre, viernes 1 de enero, sábado 2 de enero" in told
    assert "miércoles 6 de enero." in told


def test_days_are_counted_right_where_the_clocks_change():
    now = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)  # 23:30 in Madrid, hours before the night with 25

    told = instructions_for(load_profile("recepcion.es"), now=now, channel="phone")

    assert "Los próximos días: domingo 25 de octubre, lunes 26 de octubre" in told


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("channel", CHANNELS)
def test_the_model_is_told_everything_that_the_profile_knows(name, channel):
    profile = load_profile(name)

    told = instructions_for(profile, now=LATE_ON_SATURDAY, channel=channel)

    for text in (profile.name, profile.business, profile.language, profile.instructions, *profile.facts):
        assert text in told
    for entry in profile.faq:
        assert entry.answer in told
        assert all(question in told for question in entry.questions)


def test_only_the_end_changes_with_the_time_and_only_the_later_half_with_the_channel():
    profile = load_profile("reception.en")

    first = instructions_for(profile, now=LATE_ON_SATURDAY, channel="phone")
    later = instructions_for(profile, now=LATE_ON_SATURDAY + timedelta(days=40), channel="phone")
    written = instructions_for(profile, now=LATE_ON_SATURDAY, channel="whatsapp")

    assert first.partition("# Now")[0] == later.partition("# Now")[0]
    assert first.partition("# How to")[0] == written.partition("# How to")[0]
    assert first.index("# How to") < first.index("# Now")
    assert "read aloud" in first
    assert "read aloud" not in written


def test_a_profile_without_facts_has_no_empty_headings(write):
    told = instructions_for(load_profile(str(write(BASIC))), now=LATE_ON_SATURDAY, channel="phone")

    assert "Datos del negocio" not in told
    assert "Preguntas frecuentes" not in told


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        instructions_for(load_profile("recepcion.es"), now=datetime(2026, 11, 21), channel="phone")  # noqa: DTZ001


def test_a_channel_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="'fax': there are phone, whatsapp"):
        instructions_for(load_profile("recepcion.es"), now=LATE_ON_SATURDAY, channel="fax")


# The document


def test_every_key_is_documented_and_no_other():
    text = (ROOT / "docs" / "assistant.md").read_text(encoding="utf-8")

    def documented(heading: str) -> list[str]:
        section = re.split(r"^##+ ", text.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
        return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)

    assert documented("Keys") == list(ProfileFile.model_fields)
    assert documented("Frequent questions") == list(FaqTable.model_fields)
    assert (
        sorted(documented("Phrases"))
        == sorted(PhrasesTable.model_fields)
        == sorted(f.name for f in fields(Phrases))
    )


def test_every_default_voice_is_documented():
    text = (ROOT / "docs" / "assistant.md").read_text(encoding="utf-8")

    for language, voice in DEFAULT_VOICES.items():
        assert f"| `{language}` | `{voice}` |" in text
