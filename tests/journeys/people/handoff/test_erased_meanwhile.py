"""Somebody is erased between the claim of a notice and its sending: it is not sent, and the request is answered."""

from integrations.elevenlabs.handoff_request import HandoffRequest
from people.handoff.api import HandoffApi
from storage.models import Message
from storage.privacy.people import find_contacts
from storage.privacy.tables import ERASED
from tests.journeys.people.handoffs import CUSTOMER, MARTA, WANTED, told
from tests.journeys.whatsapp.people import work_off
from tests.records import every
from tests.waiting import PATIENCE_S


class ErasingSender:
    """Sends as the product does, once somebody has been erased."""

    def __init__(self, line, number):
        self._line, self._numbers, self._sender = line, [number], line.parts.people.prompt_sender

    def claim_notice(self, connection, message_id):
        self._sender.claim_notice(connection, message_id)

    def send_now(self, message_id):
        while self._numbers:
            with self._line.parts.database.read() as connection:
                found = find_contacts(connection, self._numbers.pop(), "ES")
            assert found
            self._line.parts.privacy.erasures.erase(found)
            work_off(self._line)
        return self._sender.send_now(message_id)


def ask_while_is_erased(line, number):
    parts = line.parts
    sender = ErasingSender(line, number)
    api = HandoffApi(parts.database, parts.people.handoffs, sender, parts.digests, wait_s=PATIENCE_S)
    return api.ask(HandoffRequest.model_validate(WANTED))


def test_a_seller_who_is_erased_is_followed_by_the_next(known_sellers):
    line, marta, luis = known_sellers

    outcome = ask_while_is_erased(line, MARTA)

    assert outcome.status == 200 and outcome.body["status"] == "ok"
    assert len(told(luis)) == 1 and told(marta) == []


def test_a_customer_who_is_erased_is_told_to_nobody(known_sellers):
    line, marta, luis = known_sellers

    outcome = ask_while_is_erased(line, CUSTOMER)

    assert outcome.status == 200 and outcome.body["message_sid"] is None
    assert told(marta) == told(luis) == []
    assert [m.status for m in every(line.parts.database, Message) if m.kind == ERASED and not m.body]
