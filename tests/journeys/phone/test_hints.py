"""What speech recognition is told to expect."""

import pytest

from conversation.profiles.profile import load_profile
from ivr import twiml
from settings import ROOT
from simulator.twilio.webhook_client import MAX_DOCUMENT_BYTES


@pytest.mark.parametrize("letter", ["a", "ñ", "&", '"', "😀"])
def test_as_many_hints_as_a_profile_may_have_make_no_document_that_twilio_refuses(letter):
    hints = twiml.hints_that_fit([letter * 100] * 500)
    voice = twiml.Voice("Polly.Lucia-Neural", "es-ES", "es-ES", hints)

    document = twiml.gather(voice, ["¿En qué puedo ayudarle?"] * 100, "/gather?turn=1")

    assert len(document.encode()) < MAX_DOCUMENT_BYTES
    assert hints.count(letter * 100) > 40


def test_the_hints_of_a_usual_profile_are_all_there():
    hints = load_profile("recepcion.es", ROOT / "profiles").hints

    assert twiml.hints_that_fit(hints) == ",".join(hints)
