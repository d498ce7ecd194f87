"""Profiles: those that ship are good, what a file leaves out is filled in, and the model is told all of it."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from conversation.phrases import Phrases, phrases_for
from conversation.profiles.profile import CHANNELS, instructions_for, load_profile
from conversation.speech.voices import DEFAULT_VOICES
from settings import ROOT, Settings
from tests.conversation.conftest import BASIC

SHIPPED = ["recepcion.es", "reception.en"]
LATE_ON_SATURDAY = datetime(2026, 11, 21, 23, 5, tzinfo=UTC)


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
        opt_out_help=profile.phrases.opt_out_help,
        voicemail=profile.voicemail,
        greeting_outbound=profile.greeting_outbound,
        who_calls=profile.phrases.who_calls,
    )
    assert "Ana" in profile.phrases.who_calls and "Panadería Sol" in profile.phrases.who_calls


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
