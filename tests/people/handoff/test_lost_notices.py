"""A handoff of which no notice reached a seller ends all the same."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from conversation.handoff_states import State
from storage.models import Message, MessageStatus
from tests.people.handoff.business import Business


def lose_notices(business):
    """Let a caller want a person, and the notices to both sellers reach nobody."""
    business.ask(by_phone=True)
    for _ in range(2):
        business.work_off()
        business.set(Message, Message.kind == "notice", status=MessageStatus.FAILED, changed_at=business.now)
        business.pass_time(seconds=business.handoffs.policy.reply_within.total_seconds())


@pytest.mark.both_databases
def test_without_sellers_any_more_it_ends_in_its_time(database):
    business = Business(database)
    lose_notices(business)
    business.handoffs.policy.sellers.clear()

    business.pass_time(hours=26)

    assert (business.handoff().state, business.handoff().missed_at is not None) == (State.CLOSED, True)


def test_it_ends_where_the_receipt_of_a_notice_comes_as_that_is_sent_again(postgres_database):
    business, came = Business(postgres_database), []
    lose_notices(business)

    def receipts_come(_connection, clause, *_):
        if not came and str(clause).startswith("UPDATE messages SET") and "tries" in str(clause):
            came.append(True)
            pool.submit(
                business.set, Message, Message.kind == "notice", status=MessageStatus.DELIVERED
            ).result()

    with ThreadPoolExecutor(1) as pool:
        event.listen(postgres_database.engine, "before_execute", receipts_come)
        business.pass_time(hours=50)

    assert came
    assert (business.handoff().state, business.handoff().missed_at is not None) == (State.CLOSED, True)
