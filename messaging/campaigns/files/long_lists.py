"""Makes campaigns of long lists: the file is kept, and a job reads it.

Each reading that is asked for has an epoch; what is at work on an earlier one writes nothing more. What is filled in
without changing how the list is read needs no other reading. A job that was killed
is run again, and undoes the campaign whose list it had not completed; completing one ends its draft too.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from jobs.queue import Work
from messaging.campaigns.creation import Creation
from messaging.campaigns.files.drafting import Drafting
from messaging.campaigns.files.looked import CheckedForm, Looked, SeenList
from messaging.campaigns.files.seeing import read_for
from messaging.campaigns.files.tables import MOST_MB, is_workbook
from storage.base import utc_now
from storage.campaigns import drafts
from storage.campaigns.campaigns import NewCampaign
from storage.campaigns.drafts import DraftRecord, FilledForm
from storage.database import Database
from storage.models import DraftState

JOB = "read_campaign_list"
MOST_LINES = 2000
MOST_BYTES = 200_000
MOST_WORKBOOK_BYTES = 50_000
"""An Excel file is a third of its lines or less."""


class _UnwantedError(Exception):
    """Another form was sent meanwhile, or the draft is gone."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign that is being made of a long list. share: of the list that is read, from 0 to 1."""

    id: int
    new: NewCampaign
    number_column: str | None
    looked: Looked
    state: DraftState
    lines: int
    share: float
    campaign_id: int | None
    has_list: bool

    @property
    def is_at_work(self) -> bool:
        """Return whether its list is to be read, or is being read."""
        return self.state in drafts.AT_WORK


class LongLists:
    """Keeps long lists, and reads them. Thread-safe."""

    def __init__(self, database: Database, work: Work, drafting: Drafting) -> None:
        self._database, self._work, self._drafting = database, work, drafting

    def is_long(self, content: bytes) -> bool:
        """Return whether a file is not to be read while somebody waits. One that is too large is refused unread."""
        if len(content) > MOST_MB * 1024 * 1024:
            return False
        if is_workbook(content):
            return len(content) > MOST_WORKBOOK_BYTES
        return len(content) > MOST_BYTES or content.count(b"\n") > MOST_LINES

    def keep(
        self, new: NewCampaign, content: bytes, number_column: str | None, *, form: str, makes: bool
    ) -> int:
        """Keep a list, to be looked at; return its draft's id. form: its number. makes: the campaign is to be made."""
        checked = self._drafting.check(new, is_final=makes)
        state = DraftState.MAKING if makes and not checked.mistakes else DraftState.LOOKING
        key = sha256((form or secrets.token_hex(16)).encode() + sha256(content).digest()).hexdigest()
        seen = SeenList(new.file_name, read_for(new, number_column))
        filled_in = FilledForm(_form(new, number_column), checked.as_json(), seen.as_json())
        with self._database.write() as connection:
            draft_id, is_new = drafts.add(connection, key, filled_in, content, state, utc_now())
            if is_new:
                self._hand_over(connection, draft_id, 1)
        if not is_new:
            self.ask(draft_id, new, number_column, makes=makes)
        return draft_id

    def ask(self, draft_id: int, new: NewCampaign, number_column: str | None, *, makes: bool) -> bool:
        """Look at a list for another form; return False if its file is gone, or a campaign is made of it already.

        It is read again only where what decides its reading has changed. makes: the campaign is to be made, once
        nothing is wrong with it.
        """
        with self._database.read() as connection:
            found = drafts.find(connection, draft_id)
        if found is None:
            return False
        if not makes and found.state in drafts.AT_WORK and found.form == _form(new, number_column):
            return True
        checked, seen = self._drafting.check(new, is_final=makes), SeenList.from_json(found.seen)
        is_seen = found.state is DraftState.LOOKING or (found.state is DraftState.LOOKED and seen.was_read)
        is_known = is_seen and read_for(new, number_column) in (seen.read_for, "")
        is_wrong = bool(self._drafting.filled(new, checked, seen if is_known else SeenList()).mistakes)
        filled_in = FilledForm(_form(new, number_column), checked.as_json(), {})
        if is_known and (is_wrong or not makes):
            with self._database.write() as connection:
                if drafts.change_form(connection, draft_id, found.epoch, filled_in):
                    return True
        known = SeenList(seen.file, read_for(new, number_column), seen.columns, seen.sample)
        filled_in = replace(filled_in, seen=known.as_json())
        state = DraftState.MAKING if makes and not is_wrong else DraftState.LOOKING
        with self._database.write() as connection:
            epoch = drafts.ask(connection, draft_id, filled_in, state, utc_now())
            if epoch is not None:
                self._hand_over(connection, draft_id, epoch)
        return epoch is not None

    def find(self, draft_id: int) -> Draft | None:
        """Return a draft; None if there is none, any more."""
        with self._database.read() as connection:
            found = drafts.find(connection, draft_id)
        return None if found is None else self._draft(found)

    def unfinished(self) -> list[Draft]:
        """Return the drafts of which no campaign is made yet, the newest one first."""
        with self._database.read() as connection:
            found = drafts.unfinished(connection)
        return [self._draft(one) for one in found]

    def discard(self, draft_id: int) -> None:
        """Delete a draft with its list."""
        with self._database.write() as connection:
            drafts.forget(connection, draft_id)

    def read(self, payload: dict[str, Any]) -> None:
        """Read a list for the form of an epoch: look at it, or make its campaign. It may be run again."""
        draft_id, epoch = int(payload["draft_id"]), int(payload["epoch"])
        with self._database.read() as connection:
            found = drafts.find(connection, draft_id)
            content = drafts.content_of(connection, draft_id, epoch)
        if found is None or content is None:
            return
        if found.campaign_id is not None:  # begun by a process that was killed, and not complete
            Creation(self._database).undo(found.campaign_id)
        try:
            self._read(found, content)
        except _UnwantedError:
            return

    def give_up(self, payload: dict[str, Any]) -> None:
        """Record that a list could not be read."""
        with self._database.write() as connection:
            drafts.end(connection, int(payload["draft_id"]), int(payload["epoch"]), DraftState.FAILED)

    def _hand_over(self, connection: Connection, draft_id: int, epoch: int) -> None:
        payload = {"draft_id": draft_id, "epoch": epoch}
        self._work.enqueue(connection, JOB, payload, partition=f"list:{draft_id}")

    def _read(self, found: DraftRecord, content: bytes) -> None:
        new, number_column = _new(found.form["new"]), found.form["number_column"]
        id_, epoch = found.id, found.epoch

        def progress(lines: int, share: float) -> None:
            with self._database.write() as connection:
                _require(drafts.beat(connection, id_, epoch, lines=lines, share=share, now=utc_now()))

        def begun(connection: Connection, campaign_id: int) -> None:
            _require(drafts.begun(connection, id_, epoch, campaign_id))

        def complete(connection: Connection, _campaign_id: int) -> None:
            ended = drafts.end(connection, id_, epoch, DraftState.MADE, checked={}, seen={}, drops_list=True)
            _require(ended)

        checked = None  # of the form as it is by now
        if found.state is DraftState.MAKING:
            made = self._drafting.attempt(
                new, content, number_column, progress=progress, begun=begun, complete=complete
            )
            if made.campaign_id is not None:
                return
            checked, seen = made.checked.as_json(), made.seen
        else:
            seen = self._drafting.see(new, content, number_column, progress=progress)
        with self._database.write() as connection:
            drafts.end(
                connection, id_, epoch, DraftState.LOOKED, checked=checked, seen=seen.as_json(),
                drops_list=seen.is_wrong,
            )  # fmt: skip

    def _draft(self, found: DraftRecord) -> Draft:
        new, checked = _new(found.form["new"]), CheckedForm.from_json(found.checked)
        return Draft(
            id=found.id,
            new=new,
            number_column=found.form["number_column"],
            looked=self._drafting.filled(new, checked, SeenList.from_json(found.seen)),
            state=found.state,
            lines=found.lines_read,
            share=found.share_read,
            campaign_id=found.campaign_id,
            has_list=found.has_list,
        )


def _require(is_wanted: bool) -> None:
    if not is_wanted:
        raise _UnwantedError


def _form(new: NewCampaign, number_column: str | None) -> dict[str, Any]:
    start_at = None if new.start_at is None else new.start_at.isoformat()
    filled_in = {**asdict(new), "variables": dict(new.variables or {}), "start_at": start_at}
    kept: dict[str, Any] = json.loads(json.dumps({"new": filled_in, "number_column": number_column}))
    return kept


def _new(form: Mapping[str, Any]) -> NewCampaign:
    start_at = form["start_at"]
    return NewCampaign(**{**form, "start_at": start_at and datetime.fromisoformat(start_at)})
