"""The same person has one number, whether they call or write; two people never have."""

import json
import re
from dataclasses import dataclass

import click
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.call_options import dial_parameters
from cli.console import Terminal
from cli.whatsapp.options import WhatsAppNumber
from dashboard.simulator.views import number_in
from integrations.dialog360.webhooks import read_webhook
from integrations.elevenlabs.handoff_request import read_handoff
from integrations.elevenlabs.webhooks import read_post_call
from ivr.requests import read_facts
from messaging.dialog360_requests import incoming_of
from messaging.requests import read_incoming
from people.elevenlabs.post_calls import past_call
from people.handoff.sellers import load_sellers, sellers_of
from phone_numbers import (
    WITHHELD_DIGITS,
    dialable_number,
    find_number,
    is_withheld,
    matching_number,
    parse_e164,
)
from settings import Settings, load_settings
from simulator.terminal.phone import phone_command
from simulator.terminal.whatsapp import whatsapp_simulate_command
from storage.base import utc_now


@pytest.mark.parametrize(
    ("on_whatsapp", "on_the_phone"),
    [
        ("+5215555550100", "+525555550100"),
        ("+5491155550100", "+541155550100"),
        ("+553185550100", "+5531985550100"),
        ("+551165550100", "+5511965550100"),
        ("+559195550100", "+5591995550100"),
    ],
)
def test_somebody_is_known_again_on_the_other_channel(on_whatsapp, on_the_phone):
    assert matching_number(on_whatsapp) == matching_number(on_the_phone)


@pytest.mark.parametrize("country", ["Mexico", "Argentina"])
def test_mexicos_1_and_argentinas_9_go(country):
    written, dialled = {
        "Mexico": ("+5215555550100", "+525555550100"),
        "Argentina": ("+5491155550100", "+541155550100"),
    }[country]

    assert matching_number(written) == dialled


def test_brazils_ninth_digit_comes_back():
    assert matching_number("+553185550100") == "+5531985550100"


@pytest.mark.parametrize(
    "number",
    [
        "+12025550123",
        "+34600000001",
        "+525215550100",  # ten digits after +52, though they begin with 5 2 1
        "+52155555010",  # a digit short of +521 and ten
        "+52155555501001",
        "+54911555501",
        "+551133330100",  # landlines of Brazil
        "+551122220100",
        "+551175550100",  # may be a radio number, and the one with a 9 before it somebody else's
        "+5511985550100",
        "+550185550100",  # no area code has a 0
        "+521555555010a",
        "+521٥٥٥٥٥٥٠١٠٠",
        "525555550100",
        "",
        "anonymous",
    ],
)
def test_any_other_number_stays_as_it_is(number):
    assert matching_number(number) == number


@given(st.from_regex(r"\A\+(52|521|54|549|55)[0-9]{7,12}\Z"))
def test_a_number_that_was_matched_matches_itself(number):
    for form in (matching_number, dialable_number):
        once = form(number)
        assert form(once) == once


@given(st.from_regex(r"\A\+55[1-9]{2}[0-9]{8}\Z"))
def test_no_brazilian_number_that_somebody_can_have_is_taken_for_another(number):
    if phonenumbers.is_valid_number(phonenumbers.parse(number)):
        assert matching_number(number) == number


# Wherever a number is taken


@dataclass(frozen=True)
class Forms:
    """A number as people copy it, in E.164 as it was written, as the network dials it, and as it is found again."""

    typed: str
    written: str
    dialled: str
    matching: str


COUNTRIES = {
    "Mexico": Forms("whatsapp:+52 1 55 5555-0100", "+5215555550100", "+525555550100", "+525555550100"),
    "Argentina": Forms(" whatsapp: +54 9 11 5555 0100", "+5491155550100", "+5491155550100", "+541155550100"),
    "Brazil": Forms("whatsapp:+55 (31) 8555-0100", "+553185550100", "+5531985550100", "+5531985550100"),
}


def setting(name):
    def taken(typed, _):
        return getattr(load_settings(None, **{name: typed}), name)

    return taken


def on_the_command_line(parameters, name):
    def taken(typed, _):
        command = click.Command("x", params=parameters)
        argv = ["--", typed] if name == "number" else [f"--{name}", typed]
        return command.make_context("x", argv).params["sender" if name == "from" else name]

    return taken


def simulated(command, option):
    """What an option of a simulator makes of a number, without a server to talk to."""

    def taken(typed, _):
        [found] = [p for p in command(lambda: None, "en").params if option in p.opts]
        return found.callback(click.Context(click.Command("x")), found, typed)

    return taken


def sellers_file(typed, folder):
    file = folder / "sellers.toml"
    file.write_text(f'[[seller]]\nname = "Marta"\nnumber = "{typed}"\n', "utf-8")
    return load_sellers(file)[0].number


def handoff_api(typed, _):
    return find_number(
        read_handoff(json.dumps({"user_phone": typed, "reason": "x"}).encode()).user_phone, None
    )


def sender_of_360dialog(number):
    """Who wrote, by a webhook as Meta sends it: digits without a plus."""
    message = {"from": number[1:], "id": "wamid.1", "timestamp": "1", "type": "text", "text": {"body": "x"}}
    value = {"metadata": {"phone_number_id": "1"}, "messages": [message]}
    body = {"entry": [{"changes": [{"field": "messages", "value": value}]}]}
    [said] = read_webhook(body).messages
    return incoming_of(said).sender


def caller_of_elevenlabs(number):
    """Who called ElevenLabs' agent, by the webhook that comes after the call."""
    said = {"conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": number}}}
    body = {"type": "post_call_transcription", "data": {"conversation_id": "conv_1", **said}}
    return past_call(read_post_call(body), utc_now()).facts.contact_address


TERMINAL = Terminal("en")
DIALLED = {
    "TWILIO_PHONE_NUMBER": setting("twilio_phone_number"),
    "TO_PHONE_NUMBER": setting("to_phone_number"),
    "HUMAN_PHONE_NUMBER": setting("human_phone_number"),
    "make_call.py NUMBER": on_the_command_line(dial_parameters(TERMINAL), "number"),
    "make_call.py --from": on_the_command_line(dial_parameters(TERMINAL), "from"),
    "phone --from": simulated(phone_command, "--from"),
    "phone --to": simulated(phone_command, "--to"),
}
"""What takes a number that is called."""
WRITTEN = {
    "TWILIO_WHATSAPP_NUMBER": setting("twilio_whatsapp_number"),
    "VENDEDOR_WHATSAPP": setting("vendedor_whatsapp"),
    "WHATSAPP_ALLOWED": setting("whatsapp_allowed"),
    "whatsapp send NUMBER": on_the_command_line(
        [click.Argument(["number"], type=WhatsAppNumber(TERMINAL))], "number"
    ),
    "whatsapp simulate --from": simulated(whatsapp_simulate_command, "--from"),
    "whatsapp simulate --to": simulated(whatsapp_simulate_command, "--to"),
    "sellers.toml number": sellers_file,
    "POST /api/elevenlabs/handoff user_phone": handoff_api,
    "the dashboard's WhatsApp": lambda typed, _: number_in({"number": typed}),
}
"""What takes a number that is written to."""
MATCHING = {
    "Twilio's WhatsApp webhook": lambda number: (
        read_incoming({"From": f"whatsapp:{number}", "Body": "x"}).sender.number
    ),
    "Twilio's voice webhook": lambda number: read_facts({"From": number, "CallSid": "CA1"}).contact_address,
    "360dialog's webhook": lambda number: sender_of_360dialog(number).number,
    "ElevenLabs' webhook": lambda number: caller_of_elevenlabs(number),
}
"""What brings the number of somebody who may be known; all of it is E.164."""


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("place", DIALLED)
def test_a_number_that_is_called_is_taken_as_whatsapp_writes_it_and_dialled_as_the_network_does(
    place, country, tmp_path
):
    forms = COUNTRIES[country]

    assert [DIALLED[place](typed, tmp_path) for typed in (forms.typed, forms.written)] == [forms.dialled] * 2


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("place", WRITTEN)
def test_a_number_that_is_written_to_stays_as_it_was_written(place, country, tmp_path):
    forms = COUNTRIES[country]

    assert [WRITTEN[place](typed, tmp_path) for typed in (forms.typed, forms.written)] == [forms.written] * 2


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("place", MATCHING)
def test_who_comes_in_is_found_by_any_form_of_their_number(place, country):
    forms = COUNTRIES[country]

    assert {MATCHING[place](number) for number in (forms.written, forms.matching)} == {forms.matching}


@pytest.mark.parametrize("digits", sorted(WITHHELD_DIGITS))
@pytest.mark.parametrize("place", MATCHING)
def test_the_digits_for_a_withheld_number_are_nobodys_wherever_they_come_in(place, digits):
    assert MATCHING[place](digits).startswith("withheld:")
    assert is_withheld(digits)


@pytest.mark.parametrize("digits", sorted(WITHHELD_DIGITS))
def test_the_digits_for_a_withheld_number_are_dialled_by_nothing(digits):
    with pytest.raises(ValueError):
        parse_e164(digits)


def test_no_setting_that_takes_a_number_is_left_out():
    taking = {name.upper() for name in Settings.model_fields if re.search("number|allowed|vendedor", name)}

    assert taking == {place for place in DIALLED | WRITTEN if place.isupper()}


@pytest.mark.parametrize(
    "written", ["+5215555550100, whatsapp:+34 600 000 001,", "+5215555550100,+34600000001"]
)
def test_a_list_of_numbers_is_taken_one_by_one(written):
    settings = load_settings(None, vendedor_whatsapp=written, whatsapp_allowed=written)

    assert settings.seller_numbers == ("+5215555550100", "+34600000001")
    assert settings.whatsapp_allowed_numbers == {"+5215555550100", "+34600000001"}


@pytest.mark.parametrize("number", ["+52155555501000", "600000001", "+34", "anonymous", ""])
def test_what_cannot_be_a_number_is_refused(number):
    with pytest.raises(ValueError):
        parse_e164(number)


def test_two_forms_of_one_number_are_one_seller():
    assert len(sellers_of(["+5215555550100", "+525555550100"])) == 1
