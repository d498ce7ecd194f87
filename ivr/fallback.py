"""Answers a call whose webhook failed, and goes on where the call was."""

from dataclasses import replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ivr import twiml
from ivr.call_flow import PhoneLine
from ivr.requests import SILENCE, CallPosition, DialOutcome, FailedWebhook
from storage.queries.calls import OVER, STATUS_RANKS, CallFacts

log = structlog.get_logger()

UNTOLD = DialOutcome()
LOST = DialOutcome("completed", 0)
"""A transfer whose outcome was lost: the caller is asked whether somebody helped."""


def answer_instead(line: PhoneLine, facts: CallFacts, failed: FailedWebhook) -> str:
    """Return what the failed webhook had to say, as far as it can be known; else an apology that listens.

    Every answer is the one that a repeated request gets: what was spoken is not spoken again, and what was lost on its
    way is.
    """
    log.error("webhook_failed", error_code=failed.code, webhook=failed.webhook)
    if STATUS_RANKS.get(facts.status) == OVER:
        return twiml.hang_up()
    position = failed.position
    if failed.is_of_document:  # the same document would fail again
        return line.apologise(facts, None if position.turn is None else position.turn + 1)
    if failed.webhook == "continue":
        is_lost = position.is_transfer_end and not failed.dial.status
        return line.go_on(facts, position, LOST if is_lost else failed.dial)
    if failed.webhook == "gather":
        return (
            _resume(line, facts, position)
            if failed.heard is None
            else line.hear(facts, position, failed.heard)
        )
    return (
        line.apologise(facts)
        if _has_turns(line, facts)
        else line.greet(facts, failed.answered_by, position.campaign)
    )


def _resume(line: PhoneLine, facts: CallFacts, position: CallPosition) -> str:
    """Go on after words of the caller that are not known here: lost, or heard before the answer to them was lost."""
    if position.is_machine:
        return line.hear(facts, position, SILENCE)
    number = position.turn
    if number is None:
        return line.apologise(facts)
    if _is_claimed(line, facts, number):
        return line.go_on(facts, replace(position, start=0, wait=0), UNTOLD)
    if position.pending is not None:
        return line.go_on(facts, replace(position, turn=position.pending), UNTOLD)
    if position.is_message:
        return line.hear(facts, replace(position, silent=0), SILENCE)
    return line.apologise(facts, number, position.served)


def _is_claimed(line: PhoneLine, facts: CallFacts, number: int) -> bool:
    try:
        return line.manager.read(facts.key, number, 0, 0.0) is not None
    except SQLAlchemyError as error:
        log.error("turns_not_read", error=type(error).__name__)
        return False


def _has_turns(line: PhoneLine, facts: CallFacts) -> bool:
    try:
        return line.manager.next_number(facts.key) > 1
    except SQLAlchemyError as error:
        log.error("turns_not_read", error=type(error).__name__)
        return facts.status != "ringing"
