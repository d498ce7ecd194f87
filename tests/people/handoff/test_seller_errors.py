"""What is said of a sellers' file that is wrong: for each thing that can be, in the reader's language."""

import pytest

from people.handoff.seller_errors import SENTENCES, sellers_sentence
from people.handoff.sellers import SellerProblem, SellersError, SellersFile, load_sellers
from phone_numbers import PhoneNumberProblem
from tests.translations.error_types import types_of

ANA = "[[seller]]\nname = 'Ana'\nnumber = '+34600000011'\n"


@pytest.fixture
def said(tmp_path):
    """Return what is said of a text, in Spanish and in English."""

    def refuse(text):
        path = tmp_path / "sellers.toml"
        path.write_text(text, "utf-8")
        with pytest.raises(SellersError) as refused:
            load_sellers(path)
        return [sellers_sentence(refused.value).said_in(language) for language in ("es", "en")]

    return refuse


def test_everything_that_can_be_wrong_has_a_sentence():
    assert types_of(SellersFile, is_toml=True) | {*SellerProblem} | {*PhoneNumberProblem} == SENTENCES.keys()


def test_what_nobody_thought_of_is_said_in_words_of_ours():
    error = SellersError("sellers.toml", "a type of a later pydantic", key="seller.0.name")

    assert sellers_sentence(error).said_in("es").startswith("sellers.toml: seller.0.name: no es válido")


@pytest.mark.parametrize(
    ("text", "spanish", "english"),
    [
        (
            ANA + "hours = '09:00-25:00'",
            "seller.0.hours: la hora debe estar entre 0 y 23.",
            "seller.0.hours: hour must be in 0..23.",
        ),
        (
            ANA + "hours = '09:75-11:00'",
            "seller.0.hours: los minutos deben estar entre 0 y 59.",
            "seller.0.hours: minute must be in 0..59.",
        ),
        (
            ANA + "days = ['someday']",
            'seller.0.days: "someday" no es un día: escriba de lun a dom, o de mon a sun.',
            'seller.0.days: "someday" is no day: write mon to sun, or lun to dom.',
        ),
        (
            ANA + "weight = 101",
            "seller.0.weight: debe ser 100 como mucho.",
            "seller.0.weight: must be 100 or less.",
        ),
        (
            "seller = []",
            "seller: debe haber al menos uno, y no hay ninguno.",
            "seller: must have an entry at least.",
        ),
        (
            "seller = [1]",
            "seller.0: debe ser una tabla, escrita [[seller]].",
            "seller.0: must be a table, written [[seller]].",
        ),
    ],
)
def test_a_fault_is_said_in_both_languages(said, text, spanish, english):
    assert said(text) == [f"sellers.toml: {spanish}", f"sellers.toml: {english}"]
