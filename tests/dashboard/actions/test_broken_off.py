"""Forms whose action is broken off, or still being asked of Twilio: none of them says that it is done."""

import threading

import pytest
from sqlalchemy import update

from dashboard.actions.once import ASKED_WITHIN
from dashboard.actions.refusals import CannotBeDone
from storage.base import utc_now
from storage.models import Call, Handoff, WebhookEvent
from tests.dashboard.actions.calls_by_twilio import PERSON
from tests.dashboard.conversations import Talks
from tests.dashboard.submitting import do, talk
from tests.fakes.twilio.server import Hang, Refuse
from tests.processes import kill, process
from tests.records import every, the_only

pytestmark = pytest.mark.both_databases

FORM = "form:1"


@pytest.fixture
def killed(environment, operator, twilio):
    """Let a process perform an action, and kill it while Twilio has not answered yet."""
    site = environment | {
        "TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "TWILIO_API_URL": twilio.url, "WEBHOOK_URL": "https://assistant.example", "HUMAN_PHONE_NUMBER": PERSON,
    }  # fmt: skip

    def perform(action, call):
        before = len(twilio.posted())
        twilio.fail(Hang(), method="POST")
        with process(site, "tests.dashboard.actions.one_action", FORM, action, str(call)) as running:
            twilio.wait_for(lambda fake: len(fake.posted()) > before)
            kill(running)

    return perform


@pytest.fixture
def send(operator):
    def once_more(action, call):
        return getattr(operator.parts.dashboard.operators.once(FORM), action)(call)

    return once_more


def later(operator):
    """Let the form have been begun as long ago as an action takes."""
    with operator.parts.database.write() as connection:
        connection.execute(update(WebhookEvent).values(received_at=utc_now() - ASKED_WITHIN))


def refusal(send, action, call):
    with pytest.raises(CannotBeDone) as refused:
        send(action, call)
    return refused.value.trouble


def test_a_call_whose_end_was_broken_off_is_ended_when_the_form_is_sent_again(
    operator, twilio, call, killed, send
):
    killed("hang-up", call)

    assert refusal(send, "hang_up", call) == "being-done"
    later(operator)
    send("hang_up", call)

    assert talk(operator, call).closed_at is not None
    assert twilio.posted()[-1].form == {"Status": ["completed"]}


def test_nobody_is_rung_again_by_a_transfer_that_was_broken_off_before_the_caller_has_spoken(
    operator, twilio, call, killed, send
):
    killed("transfer", call)
    posted = len(twilio.posted())

    assert refusal(send, "transfer", call) == "being-done"
    later(operator)
    assert refusal(send, "transfer", call) == "in-transfer"
    assert len(twilio.posted()) == posted

    Talks(operator.parts.database).turn(call, "¿Sigue ahí?", "Dígame.", number=3, minutes=-1)
    send("transfer", call)

    assert len(twilio.posted()) == posted + 1
    assert the_only(operator.parts.database, Handoff).state == "transferring"


def test_while_twilio_is_asked_a_second_click_does_not_say_that_it_is_done(operator, twilio, call):
    pages = []

    def click():
        pages.append(do(operator, call, "hang-up", form_number="one"))

    with twilio.answers_held():
        before = len(twilio.posted())
        first = threading.Thread(target=click)
        first.start()
        twilio.wait_for(lambda fake: len(fake.posted()) > before)
        second = do(operator, call, "hang-up", form_number="one")
    first.join()

    assert 'class="said bad"' in second and "Se está haciendo" in second
    assert "Llamada colgada" in pages[0]
    assert len(twilio.posted()) == before + 1


def test_a_form_that_is_done_says_so_again(operator, call):
    pages = [do(operator, call, "hang-up", form_number="one") for _ in range(2)]

    assert all("Llamada colgada" in page for page in pages)


def test_what_twilio_refused_may_be_sent_again_at_once(operator, twilio, call):
    twilio.fail(Refuse(404, 20404))
    do(operator, call, "transfer", form_number="one")

    page = do(operator, call, "transfer", form_number="one")

    assert "Se está llamando a una persona" in page
    assert len(every(operator.parts.database, Handoff)) == 1
    assert the_only(operator.parts.database, Call).transferred_at is not None
