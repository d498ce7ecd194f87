"""Queries for campaigns that are being made of long lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from storage.models import CampaignDraft, DraftState
from storage.tables import CAMPAIGN_DRAFTS
from storage.upsert import insert_once

KEPT = timedelta(days=1)
"""Time after which a list that was sent in is deleted."""
AT_WORK = (DraftState.LOOKING, DraftState.MAKING)
_C = CAMPAIGN_DRAFTS.c


@dataclass(frozen=True, slots=True)
class FilledForm:
    """What is filled in, what was found of it, and what is known of the list that is read for it."""

    form: Mapping[str, Any]
    checked: Mapping[str, Any]
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A campaign that is being made of a long list. has_list: its file is still there."""

    id: int
    form: Mapping[str, Any]
    state: DraftState
    epoch: int
    lines_read: int
    share_read: float
    checked: Mapping[str, Any]
    seen: Mapping[str, Any]
    campaign_id: int | None
    has_list: bool
    created_at: datetime


def add(
    connection: Connection,
    key: str,
    filled: FilledForm,
    content: bytes,
    state: DraftState,
    now: datetime,
) -> tuple[int, bool]:
    """Keep a draft; return its id, and whether it is new. key: of the form, which may have brought it before."""
    added = insert_once(
        connection, CampaignDraft, key=key, form=dict(filled.form), content=content, state=state, epoch=1,
        lines_read=0, share_read=0.0, result={}, checked=dict(filled.checked), seen=dict(filled.seen),
        campaign_id=None, created_at=now, beat_at=now,
    )  # fmt: skip
    if added is not None:
        return added, True
    return connection.execute(select(_C.id).where(_C.key == key)).scalar_one(), False


def find(connection: Connection, draft_id: int) -> DraftRecord | None:
    """Return a draft by its id; None if there is none, any more."""
    row = connection.execute(_READ.where(_C.id == draft_id)).one_or_none()
    return None if row is None else _record(row)


def unfinished(connection: Connection) -> list[DraftRecord]:
    """Return the drafts of which no campaign is made yet, the newest one first."""
    found = _READ.where(_C.state != DraftState.MADE).order_by(_C.id.desc()).limit(20)
    return [_record(row) for row in connection.execute(found)]


def content_of(connection: Connection, draft_id: int, epoch: int) -> bytes | None:
    """Return a draft's file for whom its form of an epoch is read; None if it is no longer wanted."""
    wanted = (_C.id == draft_id, _C.epoch == epoch, _C.state.in_(AT_WORK))
    return connection.execute(select(_C.content).where(*wanted)).scalar_one_or_none()


def ask(
    connection: Connection,
    draft_id: int,
    filled: FilledForm,
    state: DraftState,
    now: datetime,
) -> int | None:
    """Give a draft a new form, for which its list is to be read; return the epoch.

    None: there is no list any more, or a campaign is being made of it.
    """
    is_free = _C.state.not_in((DraftState.MAKING, DraftState.MADE))
    values = {
        "form": dict(filled.form), "checked": dict(filled.checked), "seen": dict(filled.seen), "result": {},
        "state": state, "epoch": _C.epoch + 1, "lines_read": 0, "share_read": 0.0, "beat_at": now,
    }  # fmt: skip
    asked = update(CAMPAIGN_DRAFTS).where(_C.id == draft_id, _C.content.is_not(None), is_free).values(values)
    return connection.execute(asked.returning(_C.epoch)).scalar_one_or_none()


def change_form(connection: Connection, draft_id: int, epoch: int, filled: FilledForm) -> bool:
    """Give a draft a new form for which its list need not be read again, or is being read already.

    False: something else was asked for meanwhile.
    """
    values = {"form": dict(filled.form), "checked": dict(filled.checked)}
    is_readable = _C.state.in_((DraftState.LOOKING, DraftState.LOOKED))
    mine = (_C.id == draft_id, _C.epoch == epoch, _C.content.is_not(None), is_readable)
    return connection.execute(update(CAMPAIGN_DRAFTS).where(*mine).values(values)).rowcount > 0


def beat(
    connection: Connection, draft_id: int, epoch: int, *, lines: int, share: float, now: datetime
) -> bool:
    """Record how much of a list is read; return False if that is no longer wanted."""
    return _change(connection, draft_id, epoch, lines_read=lines, share_read=share, beat_at=now)


def begun(connection: Connection, draft_id: int, epoch: int, campaign_id: int) -> bool:
    """Record the campaign whose recipients are being kept; return False if it is no longer wanted."""
    return _change(connection, draft_id, epoch, campaign_id=campaign_id)


def end(
    connection: Connection,
    draft_id: int,
    epoch: int,
    state: DraftState,
    *,
    checked: Mapping[str, Any] | None = None,
    seen: Mapping[str, Any] | None = None,
    drops_list: bool = False,
) -> bool:
    """Record what a list's reading came to; return False if it is no longer wanted.

    checked, seen: what was found of the form, and in the list; None: as it was.
    """
    values: dict[str, Any] = {"state": state}
    values |= {
        name: dict(found) for name, found in (("checked", checked), ("seen", seen)) if found is not None
    }
    if drops_list:
        values["content"] = None
    return _change(connection, draft_id, epoch, **values)


def forget(connection: Connection, draft_id: int) -> None:
    """Delete a draft, also while its list is being read: nothing becomes of it then."""
    connection.execute(delete(CAMPAIGN_DRAFTS).where(_C.id == draft_id))


def forget_old(connection: Connection, now: datetime) -> None:
    """Delete the drafts of more than a day ago."""
    connection.execute(delete(CAMPAIGN_DRAFTS).where(_C.created_at < now - KEPT))


def forget_all(connection: Connection) -> None:
    """Delete all drafts: nobody can tell whom the files are about."""
    connection.execute(delete(CAMPAIGN_DRAFTS))


def _change(connection: Connection, draft_id: int, epoch: int, **values: Any) -> bool:
    mine = (_C.id == draft_id, _C.epoch == epoch, _C.state.in_(AT_WORK))
    return connection.execute(update(CAMPAIGN_DRAFTS).where(*mine).values(values)).rowcount > 0


def _record(row: Any) -> DraftRecord:
    return DraftRecord(**{**row._mapping, "state": DraftState(row.state)})


_READ = select(
    _C.id, _C.form, _C.state, _C.epoch, _C.lines_read, _C.share_read, _C.checked, _C.seen,
    _C.campaign_id,
    _C.content.is_not(None).label("has_list"), _C.created_at,
)  # fmt: skip
