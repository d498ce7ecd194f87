"""What the stories of 360dialog share: a 360dialog on loopback, and a line that it reaches."""

import pytest

from tests.fakes.dialog360.fake import API_KEY, FakeDialog360
from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, TOKEN
from tests.journeys.whatsapp.people import sent, work_off


@pytest.fixture
def whatsapp():
    with FakeDialog360() as fake:
        yield fake


@pytest.fixture
def open_360(open_line, whatsapp):
    """Open a line that 360dialog's webhooks reach."""

    def open_one(**values):
        settings = {
            "d360_api_key": API_KEY, "d360_api_url": whatsapp.url, "d360_webhook_token": TOKEN,
            "whatsapp_settle_s": 0,
        }  # fmt: skip
        line = open_line(**(settings | values))
        whatsapp.webhooks.url = f"{line.url}/webhook/360dialog"
        whatsapp.webhooks.headers = {"Authorization": f"Bearer {TOKEN}"}
        return line

    return open_one


@pytest.fixture
def answers(openai, whatsapp):
    """Wait until so many messages of ours are kept, let a worker send them, and return what somebody reads."""

    def wait(line, count=1, *, of=ANA):
        whatsapp.webhooks.settle()
        assert openai.wait_for(lambda: len(sent(line)) >= count)
        work_off(line)
        whatsapp.webhooks.settle()
        return whatsapp.messages.words(of)

    return wait


@pytest.fixture
def line(open_360):
    return open_360()


@pytest.fixture
def greeted(line, whatsapp, openai, answers):
    """A line that Ana has written to, and been answered by."""
    openai.enqueue(text("Hola."))
    whatsapp.people.write(ANA, "Hola")
    answers(line, 1)
    assert openai.wait_for(lambda: whatsapp.messages.typing)  # asked for with a POST, as messages are
    return line
