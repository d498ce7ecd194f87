"""The model without a key: it offers a person where one can be brought in, on the channel that is used."""

import pytest

A_PERSON = "o le pase con una persona"
A_SELLER = {"vendedor_whatsapp": "+34600000011"}
A_NUMBER = {"human_phone_number": "+34600000099"}


@pytest.fixture
def demonstration(open_line):
    """Asks what nobody knows, by phone and by WhatsApp, and returns the answers."""

    def ask(**values):
        line = open_line(openai_api_key=None, openai_base_url=None, whatsapp_settle_s=0, **values)
        phone, ana = line.phone(), line.whatsapp()
        phone.dial()
        ana.send("¿Venden coches?")
        return phone.say("¿Venden coches?"), ana.texts[-1]

    return ask


@pytest.mark.parametrize(
    ("settings", "said", "written"),
    [
        ({}, False, False),
        (A_SELLER, False, False),  # nothing carries a notice to the seller
        (A_SELLER | {"d360_api_key": "key"}, True, True),
        (A_NUMBER, True, False),
    ],
)
def test_a_person_is_offered_where_one_can_be_brought_in(demonstration, settings, said, written):
    by_phone, by_whatsapp = demonstration(**settings)

    assert (A_PERSON in by_phone, A_PERSON in by_whatsapp) == (said, written)
    assert "recado" in by_phone and "recado" in by_whatsapp
