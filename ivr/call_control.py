"""Ends calls that are in progress, or transfers them to a person, for operators."""

import secrets
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from conversation.manager import ConversationManager
from ivr.call_closing import CallLifecycle
from ivr.documents import Documents
from ivr.prompts import Prompts
from ivr.transfer import CallEnds, caller_id
from ivr.transfer_ceiling import Transfers
from storage.base import utc_now
from storage.database import Database
from storage.queries import calls
from storage.queries.calls import CallProgress
from storage.reports.transcripts import CallRecord

log = structlog.get_logger()


class Rest(Protocol):
    """The REST API that changes calls: Twilio's."""

    def end_call(self, sid: str) -> object:
        """Hang up. Raises IntegrationError."""
        ...

    def redirect_call(self, sid: str, twiml: str) -> object:
        """Have a call go on with another document. Raises IntegrationError."""
        ...


class CallControl:
    """Ends and transfers calls. rest: None without credentials. public_url: the base of the URLs given to Twilio.

    A document sent by REST has no address of its own, so the URL after the transfer must be absolute.
    """

    def __init__(
        self,
        rest: Rest | None,
        manager: ConversationManager,
        database: Database,
        lifecycle: CallLifecycle,
        transfers: Transfers,
        *,
        public_url: str | None,
    ) -> None:
        self._rest, self._manager, self._database, self._lifecycle = rest, manager, database, lifecycle
        self._person, self._ceiling, self._public_url = transfers.to, transfers.ceiling, public_url
        self._prompts = Prompts(manager.answers.keep_later)
        self._documents = Documents(manager.profile, self._prompts, public_url or "")

    @property
    def can_hang_up(self) -> bool:
        """True if there are credentials to end calls with."""
        return self._rest is not None

    @property
    def can_transfer(self) -> bool:
        """True if there are credentials, a number to transfer calls to, and a public URL."""
        return self._rest is not None and bool(self._person.number) and bool(self._public_url)

    def comes_back(self, call: CallEnds) -> bool:
        """Return True if a transfer of this call would ring one of its own ends."""
        return self._person.number_for(call) is None

    def hang_up(self, key: str, call: CallRecord) -> None:
        """End a call, also in the database: inbound calls may have no status callback. Raises IntegrationError."""
        assert self._rest is not None
        self._rest.end_call(call.call_sid)
        self._stop(key)
        now = utc_now()
        with self._database.write() as connection:
            calls.record_progress(connection, call.call_sid, CallProgress("completed", now))
            self._lifecycle.close(connection, key, now)

    def transfer(self, key: str, call: CallRecord, *, withheld: bool) -> None:
        """Tell the caller, and ring the person. Raises IntegrationError."""
        person = self._person.number_for(call)
        assert self._rest is not None and person is not None
        words, turn = self._manager.profile.phrases.transfer, self._manager.next_number(key) - 1
        shown = caller_id(call, withheld=withheld)
        mark = secrets.token_hex(4)
        document = self._documents.transfer(turn, [words], person, caller_id=shown, mark=mark)
        self._rest.redirect_call(call.call_sid, document)
        self._prompts.note(key, f"transfer:{turn + 1}", words)
        self._ceiling.count(key, turn, mark)
        self._stop(key)

    def _stop(self, key: str) -> None:
        """Stop the answer being written: the caller will not hear it."""
        try:
            self._manager.stop(key)
        except SQLAlchemyError as error:  # its writer finds out when it is asked for the rest
            log.error("answer_not_stopped", error=type(error).__name__)
