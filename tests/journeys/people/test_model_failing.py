"""A model that gives no answers: every process, the first page, monitors and the owner know of it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from conversation.phrases import catalogue_for
from storage.models import ModelFailure
from tests.fakes.openai.replies import error, invalid_key, out_of_quota, text
from tests.journeys.people.handoffs import told
from tests.journeys.whatsapp.people import work_off
from tests.records import the_only
from tests.waiting import wait_until

WORDS = catalogue_for("es").sellers


def health(line):
    return line.app.test_client().get("/health").json


def page(line, language="es"):
    return line.app.test_client().get("/dashboard/", headers={"Accept-Language": language}).text


def asks(line):
    phone = line.phone()
    phone.dial()
    phone.say("¿Abren hoy?")
    wait_until(lambda: line.turns()[-1].state != "writing")


def failed(line, count):
    """Wait until so many answers are counted as failed."""
    wait_until(lambda: health(line).get("model_failed_answers") == count)


@pytest.mark.both_databases
def test_a_refused_key_is_known_everywhere_until_a_model_answers(known_sellers, open_line, openai):
    line, *_ = known_sellers
    openai.default = invalid_key()
    other = open_line()

    asks(line)
    failed(line, 1)
    asks(line)
    failed(line, 2)

    for each in (line, other):
        said = health(each)
        assert (said["status"], said["model"], said["model_failed_answers"]) == ("degraded", "configured", 2)
        assert said["model_error"] == "the model's server refused the key (HTTP 401, invalid_api_key)"
        assert said["model_failing_since"].endswith("Z")
        assert "el servidor del modelo rechaza la clave" in page(each)
        assert "2 answers failed since" in page(each, "en")

    openai.default = text("Sí.")
    asks(other)
    wait_until(lambda: "model_failing_since" not in health(line))
    assert "rechaza la clave" not in page(line)


def test_the_owner_is_told_once_and_not_again_for_each_answer(known_sellers, openai):
    line, marta, luis = known_sellers
    openai.default = out_of_quota()

    for count in (1, 2, 3):
        asks(line)
        failed(line, count)
        work_off(line)

    (words,) = told(marta) + told(luis)
    assert WORDS.model_quota in words
    assert "sk-" not in words


@pytest.mark.parametrize(("answers", "is_told"), [(2, False), (3, True)])
def test_what_may_pass_by_itself_is_told_from_the_third_answer_on(known_sellers, openai, answers, is_told):
    line, marta, luis = known_sellers
    openai.default = error(500)

    for count in range(1, answers + 1):
        asks(line)
        failed(line, count)
    work_off(line)

    assert bool(told(marta) + told(luis)) == is_told


def test_trouble_of_another_day_is_told_again(known_sellers, openai):
    line, marta, luis = known_sellers
    openai.default = invalid_key()
    asks(line)
    failed(line, 1)
    work_off(line)
    earlier = the_only(line.parts.database, ModelFailure).told_at - timedelta(days=1, seconds=1)
    with line.parts.database.write() as connection:
        connection.execute(update(ModelFailure).values(told_at=earlier))

    asks(line)
    failed(line, 2)
    work_off(line)

    assert len(told(marta) + told(luis)) == 2


def test_without_a_seller_the_page_and_the_log_say_it(line, openai, capfd):
    openai.default = invalid_key()

    asks(line)
    failed(line, 1)
    work_off(line)

    assert "owner_not_told" in capfd.readouterr().err
