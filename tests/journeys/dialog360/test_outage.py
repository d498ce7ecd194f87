"""Stories of messages that 360dialog brings again after an outage: their own time counts."""

import time
from datetime import timedelta

import pytest

from storage.base import utc_now
from storage.models import Contact
from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, came
from tests.journeys.whatsapp.people import asked, sent, work_off
from tests.records import the_only


@pytest.mark.both_databases
def test_what_was_asked_hours_ago_is_answered_with_a_word_about_the_delay(line, whatsapp, openai, answers):
    openai.enqueue(text("Perdone la espera: a las nueve."))

    whatsapp.people.write(ANA, "¿A qué hora abren?", at=time.time() - 3 * 3600)

    assert answers(line) == ["Perdone la espera: a las nueve."]
    assert asked(openai)[-1][1].startswith("[written 3 hours ago, and received only now: ")
    wrote_at = the_only(line.parts.database, Contact).wrote_at
    assert timedelta(hours=2.9) < utc_now() - wrote_at < timedelta(hours=3.1)


def test_what_was_asked_two_days_ago_is_kept_and_not_answered(line, whatsapp, openai):
    whatsapp.people.write(ANA, "¿Abren hoy?", at=time.time() - 48 * 3600)
    whatsapp.webhooks.settle()
    work_off(line, seconds=60)

    assert [message.body for message in came(line)] == ["¿Abren hoy?"]
    assert openai.chats == [] and sent(line) == []


def test_who_wanted_no_messages_two_days_ago_gets_none(line, whatsapp, openai):
    whatsapp.people.write(ANA, "STOP", at=time.time() - 48 * 3600)
    whatsapp.webhooks.settle()
    work_off(line, seconds=60)

    assert the_only(line.parts.database, Contact).opted_out_at is not None
    assert sent(line) == []


def test_a_clock_that_is_ahead_changes_nothing(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."))

    whatsapp.people.write(ANA, "Hola", at=time.time() + 3600)

    assert answers(line) == ["Hola."]
    assert asked(openai)[-1] == ("user", "Hola")
    assert the_only(line.parts.database, Contact).wrote_at <= utc_now()
