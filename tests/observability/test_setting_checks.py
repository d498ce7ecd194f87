"""Values of settings as people write them: taken as they are meant, or refused by what is wrong with them."""

import pytest
from pydantic_core import PydanticCustomError

from phone_numbers import PhoneNumberError, PhoneNumberProblem
from settings import Settings, load_settings
from settings.checks import SettingProblem, SettingsError, number, numbers, public_url, unread_lines

ISSUED = [
    name
    for name, field in Settings.model_fields.items()
    if "key" in name or "token" in name or "secret" in name or name.endswith(("_sid", "_url"))
    if name not in ("secret_key", "erasure_key", "database_url") and field.annotation
]


@pytest.mark.parametrize("name", ISSUED)
def test_an_examples_text_in_place_of_a_key_is_refused(name):
    with pytest.raises(SettingsError) as refused:
        load_settings(None, **{name: "..."})

    assert (refused.value.setting, refused.value.problem) == (name.upper(), SettingProblem.PLACEHOLDER)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("openai_api_key", "sk-..."), ("openai_api_key", "sk-…"), ("openai_api_key", "<your key>"),
        ("openai_api_key", "sk-your-key-here"), ("openai_api_key", "your_api_key"),
        ("openai_api_key", "sk-xxxxxxxx"), ("openai_api_key", "changeme"), ("twilio_account_sid", "AC..."),
        ("twilio_account_sid", "AC" + "x" * 32), ("twilio_auth_token", "your_auth_token"),
        ("twilio_auth_token", "tu_token"), ("twilio_phone_number", "+..."), ("d360_api_key", "***"),
        ("webhook_url", "https://your-name.ngrok-free.app"), ("webhook_url", "https://su-dominio.example"),
    ],
)  # fmt: skip
def test_every_way_of_writing_an_example_is_known(name, value):
    with pytest.raises(SettingsError) as refused:
        load_settings(None, **{name: value})

    assert refused.value.problem == SettingProblem.PLACEHOLDER


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("openai_api_key", "sk-proj-Tusoxxx..9f"), ("twilio_auth_token", "0f" * 16), ("openai_api_key", "ollama"),
        ("dashboard_password", "wait for it..."), ("secret_key", "<x>"), ("assistant_profile", "your-name"),
        ("webhook_url", "https://tunel.example"), ("chatwoot_inbox_id", "xK3vTuSuYourKey"),
    ],
)  # fmt: skip
def test_what_somebody_may_really_have_is_taken(name, value):
    assert getattr(load_settings(None, **{name: value}), name) == value


@pytest.mark.parametrize(
    "written",
    [
        "+34600000011,+34600000012", "+34600000011;+34600000012", " +34 600 000 011 ; +34 600 000 012; ",
        "whatsapp:+34600000011 whatsapp:+34600000012", "+34600000011 +34600000012", "+34600000011\n+34600000012",
    ],
)  # fmt: skip
def test_several_numbers_are_taken_however_they_are_separated(written):
    assert numbers(written) == "+34600000011,+34600000012"


@pytest.mark.parametrize(
    "written", ["+34600000011;+34600000012", "+34600000011, +34600000012", "Ana +34600000011"]
)
def test_one_number_is_one(written):
    with pytest.raises(PydanticCustomError) as refused:
        number(written)

    assert refused.value.type == SettingProblem.ONE_NUMBER


@pytest.mark.parametrize("written", ["+34 600 ABC 000", "+1 202 555 0100 ext 5"])
def test_letters_are_no_part_of_a_number(written):
    with pytest.raises(PhoneNumberError) as refused:
        number(written)

    assert refused.value.problem in PhoneNumberProblem


@pytest.mark.parametrize("written", ["tel:+34600000011", "WhatsApp:+34600000011", "+34 (600) 00-00-11;"])
def test_what_surrounds_a_number_is_no_part_of_it(written):
    assert number(written) == "+34600000011"


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/voice",
        "https://shop.example/webhook/whatsapp/",
        "https://shop.example/x/Dashboard",
    ],
)
def test_the_public_url_is_none_of_a_route(url):
    with pytest.raises(PydanticCustomError) as refused:
        public_url(url)

    assert refused.value.type == SettingProblem.ROUTE_IN_URL


@pytest.mark.parametrize(
    "url", ["https://shop.example", "https://shop.example/", "https://shop.example/assistant"]
)
def test_the_public_url_may_have_a_path_that_a_proxy_takes_away(url):
    assert public_url(url) == url.rstrip("/")


def test_lines_of_the_file_that_say_nothing_are_found(tmp_path):
    file = tmp_path / ".env"
    file.write_text(
        "# a word\n\nexport PORT=1\nOPENAI_API_KEY: x\n\n\nfoo\nTWILIO AUTH=3\nX='a\nb'\nEMPTY=\n"
    )

    assert unread_lines(file) == [4, 7, 8]
    assert unread_lines(tmp_path / "nothing") == []


@pytest.mark.parametrize("name", [".env", "shop.env"])
def test_a_file_in_another_encoding_is_refused_without_its_words(tmp_path, name):
    file = tmp_path / name
    file.write_bytes("DASHBOARD_PASSWORD=contraseña".encode("latin-1"))

    with pytest.raises(SettingsError) as refused:
        load_settings(file)

    assert (str(refused.value), refused.value.__cause__) == (f"{name}: no_text_file", None)


def test_a_mark_before_the_first_line_is_no_part_of_it(tmp_path):
    file = tmp_path / ".env"
    file.write_text("PORT=6001\n", encoding="utf-8-sig")

    assert load_settings(file).port == 6001
