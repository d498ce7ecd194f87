"""What is said of settings that are wrong: for each thing that can be, in the reader's language, and no secret."""

import os

import pytest

from observability.settings_errors import SENTENCES, said_at_start, settings_sentence
from phone_numbers import PhoneNumberProblem
from settings import SettingProblem, Settings, SettingsError, load_settings
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
            "ANSWER_WAIT_S input should be greater than or equal to 0.1.",
            "ANSWER_WAIT_S debe ser 0.1 como mínimo.",
        ),
        (
            {"call_max_minutes": "999"},
            "CALL_MAX_MINUTES input should be less than or equal to 240.",
            "CALL_MAX_MINUTES debe ser 240 como mucho.",
        ),
        (
            {"log_format": "x"},
            "LOG_FORMAT input should be 'auto', 'json' or 'pretty'.",
            "LOG_FORMAT debe ser 'auto', 'json' o 'pretty'.",
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
        ({"LANG": "es_MX.UTF-8", "LC_ALL": "C"}, "PORT input should be"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "es"}, "PORT debe ser"),
        ({"LANG": "fr_FR"}, "PORT input should be"),
    ],
)
def test_it_is_said_in_the_terminals_language(monkeypatch, environment, begins):
    for name, value in (environment | {"PORT": "x"}).items():
        monkeypatch.setenv(name, value)

    assert said_at_start(refusal()).startswith(begins)
