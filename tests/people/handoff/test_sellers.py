"""Sellers: who is on duty, who is next, and a file that says so."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from people.handoff.seller_errors import sellers_sentence
from people.handoff.sellers import Seller, SellersError, load_sellers, next_duty, next_seller, sellers_of

MADRID = ZoneInfo("Europe/Madrid")
SATURDAY = datetime(2026, 11, 21, 12, 0, tzinfo=MADRID)
MARTA = Seller("Marta", "+34600000011", languages=("es",), skills=("ventas",))
LUIS = Seller("Luis", "+34600000012", languages=("en",))
OFFICE = Seller(
    "Oficina", "+34600000013", hours=((time(9), time(14)), (time(16), time(19))), days=frozenset(range(5))
)


def choose(sellers, *, asked=(), last=None, words="", language="es", local=SATURDAY):
    found = next_seller(
        sellers, asked=asked, last_asked=last or {}, words=words, language=language, local=local
    )
    return found and found.name


def test_who_has_waited_longest_is_next():
    last = {MARTA.number: SATURDAY - timedelta(hours=1), LUIS.number: SATURDAY - timedelta(hours=2)}

    assert choose([MARTA, LUIS], last=last, language="") == "Luis"


def test_who_was_never_asked_is_before_who_was():
    assert choose([MARTA, LUIS], last={MARTA.number: SATURDAY}, language="") == "Luis"


def test_a_weight_of_two_waits_half_as_long():
    heavy = Seller("Peso", "+34600000014", weight=2)
    last = {heavy.number: SATURDAY - timedelta(hours=2), LUIS.number: SATURDAY - timedelta(hours=3)}

    assert choose([heavy, LUIS], last=last) == "Peso"


def test_language_and_skill_go_first():
    last = {MARTA.number: SATURDAY}

    assert choose([MARTA, LUIS], last=last, language="es") == "Marta"
    assert choose([MARTA, LUIS], last=last, language="en") == "Luis"
    assert choose([MARTA, LUIS], last=last, language="fr", words="Quiere VENTAS") == "Marta"


def test_who_was_asked_this_time_is_not_asked_again():
    assert choose([MARTA, LUIS], asked={MARTA.number}) == "Luis"
    assert choose([MARTA], asked={MARTA.number}) is None


def test_nobody_is_asked_who_is_off_duty_and_when_they_are_on_is_known():
    assert choose([OFFICE]) is None
    assert next_duty([OFFICE], asked=(), local=SATURDAY) == datetime(2026, 11, 23, 9, 0, tzinfo=MADRID)
    assert next_duty([OFFICE], asked={OFFICE.number}, local=SATURDAY) is None


@pytest.mark.parametrize(
    ("hour", "on_duty"), [(8, False), (9, True), (13, True), (15, False), (18, True), (20, False)]
)
def test_hours_are_by_the_business_clock(hour, on_duty):
    monday = datetime(2026, 11, 23, hour, 30, tzinfo=MADRID)

    assert OFFICE.is_on_duty(monday) is on_duty


def test_a_pause_at_noon_ends_the_same_day():
    monday = datetime(2026, 11, 23, 14, 30, tzinfo=MADRID)

    assert OFFICE.next_duty(monday) == datetime(2026, 11, 23, 16, 0, tzinfo=MADRID)


def test_numbers_alone_are_on_duty_always_and_each_is_there_once():
    sellers = sellers_of(["+34600000011", "+34600000011", "+34600000012"])

    assert [seller.number for seller in sellers] == ["+34600000011", "+34600000012"]
    assert all(seller.is_on_duty(SATURDAY) for seller in sellers)


FILE = """
[[seller]]
name = "Marta"
number = "whatsapp:+34 600 000 011"
languages = ["es"]
skills = ["ventas"]
weight = 2
hours = "09:00-14:00, 16:00-24:00"
days = ["lun", "martes", "Wed"]
"""


def write(tmp_path, text):
    path = tmp_path / "sellers.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_says_it_all(tmp_path):
    [marta] = load_sellers(write(tmp_path, FILE))

    assert (marta.number, marta.weight, marta.days) == ("+34600000011", 2, frozenset({0, 1, 2}))
    assert marta.hours == ((time(9), time(14)), (time(16), time.max))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[seller]]\nname='x'\nnumber='600'", "number"),
        ("[[seller]]\nname='x'\nnumber='+34600000011'\nhours='9 to 5'", "hours"),
        ("[[seller]]\nname='x'\nnumber='+34600000011'\nhours='22:00-06:00'", "hours"),
        ("[[seller]]\nname='x'\nnumber='+34600000011'\nhours='25:00-26:00'", "hours"),
        ("[[seller]]\nname='x'\nnumber='+34600000011'\ndays=['noday']", "days"),
        ("[[seller]]\nname='x'\nnumber='+34600000011'\nnickname='y'", "nickname"),
        (FILE + FILE, "same number"),
        ("", "seller"),
        ("[[seller", "this is not TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_one_sentence(tmp_path, text, said):
    with pytest.raises(SellersError) as refused:
        load_sellers(write(tmp_path, text))

    sentence = sellers_sentence(refused.value).said_in("en")
    assert said in sentence
    assert "\n" not in sentence
