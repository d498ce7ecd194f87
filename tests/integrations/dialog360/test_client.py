"""Dialog360 against a 360dialog on loopback."""

import pytest

from tests.fakes.dialog360.fake import FakeDialog360
from tests.integrations.dialog360.requests import ANA, LUIS, refused

LINK = "https://example.com/precios.pdf"


@pytest.fixture
def whatsapp(clock):
    """A 360dialog where Ana and Luis have just written."""
    with FakeDialog360(clock=clock) as fake:
        fake.messages.hears(ANA)
        fake.messages.hears(LUIS)
        yield fake


# --- what is sent


def test_a_text_is_sent_as_it_is_and_its_wamid_comes_back(whatsapp, client):
    wamid = client.send_text(ANA, "Buenos días, *Ana*: https://example.com")

    assert whatsapp.messages.sent[wamid].words == "Buenos días, *Ana*: https://example.com"
    assert whatsapp.requests[0].body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "34600000001",
        "type": "text",
        "text": {"body": "Buenos días, *Ana*: https://example.com", "preview_url": False},
    }


def test_a_file_is_sent_by_its_link_with_what_is_written_under_it(whatsapp, client):
    client.send_media(ANA, LINK, "document", "Nuestros precios", file_name="precios.pdf")
    client.send_media(ANA, LINK, "image", file_name="precios.pdf")

    assert [sent.content for sent in whatsapp.messages.sent.values()] == [
        {"link": LINK, "caption": "Nuestros precios", "filename": "precios.pdf"},
        {"link": LINK},
    ]


@pytest.mark.parametrize("kind", ["image", "audio", "video", "document", "sticker"])
def test_every_kind_of_file_is_accepted(whatsapp, client, kind):
    client.send_media(ANA, LINK, kind)

    assert whatsapp.messages.last.kind == kind


@pytest.mark.parametrize(("kind", "caption"), [("audio", "Oiga"), ("sticker", "Mire"), ("location", None)])
def test_what_whatsapp_has_no_form_for_is_not_asked(whatsapp, client, kind, caption):
    with pytest.raises(ValueError, match=kind):
        client.send_media(ANA, LINK, kind, caption)

    assert whatsapp.requests == []


def test_a_template_is_filled_in_by_number_however_many_there_are(whatsapp, client):
    whatsapp.messages.template("cita", "es", " ".join(f"{{{{{n}}}}}" for n in range(1, 12)))

    client.send_template(ANA, "cita", "es", {str(n): f"v{n}" for n in range(11, 0, -1)})

    assert whatsapp.messages.words() == [" ".join(f"v{n}" for n in range(1, 12))]


def test_a_template_is_filled_in_by_name(whatsapp, client):
    whatsapp.messages.template("cita", "es", "{{name}}, su cita es el {{day}}")

    client.send_template(ANA, "cita", "es", {"name": "Ana", "day": "lunes"})

    assert whatsapp.messages.words() == ["Ana, su cita es el lunes"]


def test_a_template_with_nothing_to_fill_in_takes_nothing(whatsapp, client):
    whatsapp.messages.template("hola", "es", "Hola")

    client.send_template(ANA, "hola", "es", {})

    assert whatsapp.messages.last.content == {"name": "hola", "language": {"code": "es"}}


def test_typing_is_shown_to_who_wrote_and_to_nobody_else(whatsapp, client):
    wamid = whatsapp.people.write(ANA, "Hola")

    client.show_typing(wamid)

    assert whatsapp.messages.typing == [wamid]
    assert refused(client.show_typing, "wamid.nobodys").code == 131009
