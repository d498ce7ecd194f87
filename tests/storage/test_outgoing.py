"""What became of messages of ours, told in any order."""

from datetime import UTC, datetime

import pytest

from storage.models import MessageStatus
from storage.queries import contacts, messages, outgoing

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FIRST, SECOND = "SM" + "1" * 32, "SM" + "2" * 32


@pytest.fixture
def sending(database):
    """A message that is just being sent; return its id."""
    with database.write() as connection:
        recipient = contacts.recipient_for(connection, "+34600000001", NOON)
        return outgoing.add_outbound(
            connection, recipient.conversation_id, "notice", "Hola", NOON, MessageStatus.SENDING, author="x"
        )


def state(database, message_id):
    with database.read() as connection:
        [message] = messages.by_ids(connection, [message_id])
    return message.status, message.sid


def test_the_answer_to_a_sending_does_not_undo_what_a_faster_receipt_led_to(database, sending):
    with database.write() as connection:
        outgoing.receipt(connection, MessageStatus.FAILED, 63016, NOON, message_id=sending, sid=FIRST)
        outgoing.try_again(connection, sending, NOON)
        outgoing.sent(connection, sending, FIRST, MessageStatus.QUEUED, NOON)

    assert state(database, sending) == ("waiting", FIRST)


def test_the_next_try_is_known_by_its_own_sid(database, sending):
    with database.write() as connection:
        outgoing.sent(connection, sending, FIRST, MessageStatus.QUEUED, NOON)
        outgoing.receipt(connection, MessageStatus.FAILED, 63016, NOON, sid=FIRST)
        outgoing.try_again(connection, sending, NOON)
        outgoing.begin_sending(connection, sending, MessageStatus.WAITING, NOON)
        outgoing.sent(connection, sending, SECOND, MessageStatus.QUEUED, NOON)
        outgoing.receipt(connection, MessageStatus.FAILED, 63016, NOON, message_id=sending, sid=FIRST)

    assert state(database, sending) == ("queued", SECOND)


def test_of_two_who_read_that_a_message_waits_one_sends_it(database, sending):
    with database.write() as connection:
        outgoing.put_back(connection, sending, NOON)
        begun = [outgoing.begin_sending(connection, sending, MessageStatus.WAITING, NOON) for _ in range(2)]
        assert begun == [True, False]
        assert outgoing.begin_sending(connection, sending, MessageStatus.SENDING, NOON)  # again, as in doubt


def test_what_is_queued_again_is_not_queued_once_more(database, sending):
    with database.write() as connection:
        outgoing.receipt(connection, MessageStatus.FAILED, 30008, NOON, message_id=sending, sid=FIRST)
        assert outgoing.try_again(connection, sending, NOON)
        assert not outgoing.try_again(connection, sending, NOON)
        outgoing.begin_sending(connection, sending, MessageStatus.WAITING, NOON)
        outgoing.sent(connection, sending, SECOND, MessageStatus.DELIVERED, NOON)

        assert not outgoing.try_again(connection, sending, NOON)

    assert state(database, sending) == ("delivered", SECOND)
