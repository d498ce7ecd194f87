"""Empties recipients of campaigns: what they got is counted, and nobody is written to any more."""

from typing import Any

from sqlalchemy import ColumnElement, Update, case, update

from storage.models import RecipientState, SkipReason
from storage.tables import CAMPAIGN_RECIPIENTS

_C = CAMPAIGN_RECIPIENTS.c
_IS_LEFT = _C.state.in_((RecipientState.WAITING, RecipientState.SENDING, RecipientState.CALLING))


def emptied(which: ColumnElement[bool], **also: Any) -> Update:
    """Return the statement that empties recipients. also: further columns."""
    return (
        update(CAMPAIGN_RECIPIENTS)
        .where(which)
        .values(
            number="", found_by=None, body="", variables={}, facts={}, zone="", outcome="", moment_at=None,
            call_mark=None, call_sid=None,
            state=case((_IS_LEFT, RecipientState.SKIPPED), else_=_C.state),
            reason=case((_IS_LEFT, SkipReason.ERASED), else_=_C.reason),
            **also,
        )
    )  # fmt: skip
