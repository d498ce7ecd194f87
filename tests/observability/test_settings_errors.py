"""What is said of settings that are wrong: for each thing that can be, in the reader's language, and no secret."""

import os

import pytest

from observability.settings_errors import SENTENCES, said_at_start, settings_sentence
from phone_numbers import PhoneNumberProblem
from settings import Settings, load_settings, reader_locale
from settings.checks import SettingProblem, SettingsError
from tests.translations.error_types import types_of

SECRET = "hush-hush"


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch):
    for name in list(os.environ):
        if name.lower() in Settings.model_fields or name.startswith(("LC_", "LANG")):
            monkeypatch.delenv(name)


def refusal(**values):
    with pytest.raises(SettingsError) as refused:
        load_settings(None, **values)
    return refused.value


def test_everything_that_can_be_wrong_has_a_sentence():
    by_pydantic = types_of(Settings) - {"model_type"}  # settings are always read by name

    assert by_pydantic | {*SettingProblem} | {*PhoneNumberProblem} == SENTENCES.keys()


def test_every_form_that_a_setting_must_have_is_told_with_an_example():
    vague = settings_sentence(SettingsError("X", "string_pattern_mismatch", {})).said_in("en")
    formed = [
        name.upper()
        for name, field in Settings.model_fields.items()
        if "pattern" in f"{field.metadata}{field.annotation}"
    ]

    told = {
        name: settings_sentence(SettingsError(name, "string_pattern_mismatch", {})).said_in("en")
        for name in formed
    }

    assert len(formed) >= 5
    assert [name for name, sentence in told.items() if sentence == vague.replace("X", name, 1)] == []


@pytest.mark.parametrize("language", ["es", "en"])
def test_what_nobody_thought_of_is_said_in_words_of_ours(language):
    error = SettingsError("PORT", "a type of a later pydantic", {"error": SECRET})

    sentence = settings_sentence(error).said_in(language)

    assert sentence.startswith("PORT ") and ".env.example" in sentence and SECRET not in sentence


@pytest.mark.parametrize(
    ("values", "english", "spanish"),
    [
        (
            {"answer_wait_s": "0.01"},
            "ANSWER_WAIT_S must be 0.1 or more.",
            "ANSWER_WAIT_S debe ser 0.1 como mínimo.",
        ),
        (
            {"call_max_minutes": "999"},
            "CALL_MAX_MINUTES must be 240 or less.",
            "CALL_MAX_MINUTES debe ser 240 como mucho.",
        ),
        (
            {"log_format": "x"},
            "LOG_FORMAT must be 'auto', 'json' or 'pretty'.",
            "LOG_FORMAT debe ser 'auto', 'json' o 'pretty'.",
        ),
        ({"port": "abc"}, "PORT must be a whole number.", "PORT debe ser un número entero."),
        (
            {"twilio_template_sid": "HX123"},
            "TWILIO_TEMPLATE_SID must be HX followed by 32 digits or letters from a to f, as the Content Template "
            "Builder shows it.",
            "TWILIO_TEMPLATE_SID debe ser HX seguido de 32 cifras o letras de la a a la f, como lo muestra el Content "
            "Template Builder.",
        ),
        (
            {"openai_api_key": "sk-..."},
            "OPENAI_API_KEY still has an example's text: put your own value in its place, or a # before the line.",
            "OPENAI_API_KEY tiene todavía el texto de un ejemplo: ponga ahí su valor, o un # delante de la línea.",
        ),
        (
            {"webhook_url": "https://shop.example.com/voice"},
            "WEBHOOK_URL must be the address alone, such as https://example.com: take its path away, /voice and the "
            "others are put after it.",
            "WEBHOOK_URL debe ser solo la dirección, como https://example.com: quítele la ruta; /voice y las demás se "
            "ponen detrás.",
        ),
        (
            {"to_phone_number": "+34600"},
            "TO_PHONE_NUMBER is not a possible phone number: check its country code and its length.",
            "TO_PHONE_NUMBER no puede ser un número de teléfono: compruebe el prefijo del país y la longitud.",
        ),
        (
            {"chatwoot_enabled": True},
            "CHATWOOT_ENABLED needs CHATWOOT_URL and CHATWOOT_INBOX_ID.",
            "CHATWOOT_ENABLED necesita CHATWOOT_URL y CHATWOOT_INBOX_ID.",
        ),
        *(
            (
                {name: value},
                "TWILIO_REGION and TWILIO_EDGE go together: ie1 with dublin, au1 with sydney, us1 with ashburn.",
                "TWILIO_REGION y TWILIO_EDGE van juntos: ie1 con dublin, au1 con sydney, us1 con ashburn.",
            )
            for name, value in (("twilio_region", "ie1"), ("twilio_edge", "dublin"))
        ),
    ],
)
def test_a_limit_is_written_as_it_is_in_the_environment(values, english, spanish):
    error = refusal(**values)

    assert [settings_sentence(error).said_in(language) for language in ("en", "es")] == [english, spanish]


@pytest.mark.parametrize(
    "values",
    [
        {"database_url": f"mysql://user:{SECRET}@host/name"},
        {"database_url": SECRET},
        {"crm_webhook_url": f"ftp://user:{SECRET}@crm.example.com"},
        {"crm_webhook_url": f"https://user:{SECRET}@crm.example.com℀"},
        {"crm_webhook_url": f"https://[{SECRET}"},
        {"webhook_url": f"https://user:{SECRET}@shop.example.com℀"},
        {"openai_api_key": [SECRET]},
        {"port": SECRET},
        {"to_phone_number": SECRET},
        {"twilio_account_sid": SECRET},
    ],
)
def test_what_was_set_is_never_shown(values):
    error = refusal(**values)

    told = [
        str(error),
        repr(error.values),
        *(settings_sentence(error).said_in(name) for name in ("es", "en")),
    ]

    assert [text for text in told if SECRET in text] == []


@pytest.mark.parametrize(
    ("environment", "begins"),
    [
        ({}, "PORT debe ser"),
        ({"LANG": "es_MX.UTF-8"}, "PORT debe ser"),
        ({"LANG": "es_MX.UTF-8", "LC_ALL": "C"}, "PORT must be"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "es"}, "PORT debe ser"),
        ({"LANG": "fr_FR"}, "PORT must be"),
    ],
)
def test_it_is_said_in_the_terminals_language(monkeypatch, environment, begins):
    for name, value in (environment | {"PORT": "x"}).items():
        monkeypatch.setenv(name, value)

    assert said_at_start(refusal()).startswith(begins)


def test_the_files_language_counts_where_the_terminal_has_none(tmp_path, monkeypatch):
    file = tmp_path / ".env"
    file.write_text("LANG=en_GB.UTF-8\nPORT=x\n")
    assert reader_locale(file) == "en_GB.UTF-8"

    monkeypatch.setenv("LANG", "es_ES.UTF-8")
    assert reader_locale(file) == "es_ES.UTF-8"


def test_a_file_that_cannot_be_read_names_no_language(tmp_path):
    file = tmp_path / ".env"
    file.write_bytes("LANG=en_GB.UTF-8 # contraseña".encode("latin-1"))

    assert reader_locale(file) == "es"
