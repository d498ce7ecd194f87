"""Obeys Twilio's word for who has answered a campaign's call, which comes while the call goes on.

A person is talking to the assistant by then, and goes on. A machine gets the message after its beep, or is hung up on;
so is a fax.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.manager import ConversationManager
from integrations.errors import IntegrationError
from ivr.call_control import Rest
from ivr.documents import Documents
from ivr.prompts import Prompts
from ivr.requests import MACHINE_SPEAKS
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.campaigns import campaign_calls
from storage.campaigns.campaign_calls import CampaignCall
from storage.database import Database
from storage.queries import calls, turns
from storage.queries.calls import CallFacts
from storage.queries.webhook_events import forget_event, take_event_within

log = structlog.get_logger()

IN_CONVERSATION = 2
"""Whoever has spoken so often is a person, whatever Twilio says. A machine's greeting may be taken for one turn."""
LEAVING = "leaving-message"
"""The source of the events that say whose machine is being left the message. The name is kept in databases."""
LEAVING_TAKES = timedelta(seconds=10)
"""Twilio has been asked by then, or the process that was to do it is dead."""
_LOOK_AGAIN_S = 0.2
_FAX, _MACHINE_ENDED = "fax", "machine_end"


class Reaction(StrEnum):
    """What is done about who has answered."""

    NOTHING = "nothing"
    MESSAGE = "message"
    BEING_DONE = "being done"  # the message is being left for another webhook
    HANG_UP = "hang up"


class Machines:
    """Obeys Twilio's detection of machines. rest: None without credentials, which no campaign calls without."""

    def __init__(
        self,
        rest: Rest | None,
        manager: ConversationManager,
        database: Database,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._rest, self._manager, self._database, self._clock = rest, manager, database, clock
        self._prompts = Prompts(manager.answers.keep_later)
        self._documents = Documents(manager.profile, self._prompts)

    def answered(self, facts: CallFacts, who: str, mark: str) -> None:
        """Note who has answered a campaign's call, and obey it.

        Raises SQLAlchemyError and IntegrationError if that is to be told again; told twice, it is done once.
        """
        while (reaction := self._decided(facts, who, mark)) is Reaction.BEING_DONE:
            time.sleep(_LOOK_AGAIN_S)
        if reaction is Reaction.NOTHING or self._rest is None:
            return
        try:
            if reaction is Reaction.HANG_UP:
                self._rest.end_call(facts.call_sid)
            else:
                self._leave_message(self._rest, facts, mark)
        except IntegrationError as error:
            if not error.permanent:
                raise
            log.info("machine_gone", code=error.code)  # the call is over
            return
        self._stop(facts.key)

    def _leave_message(self, rest: Rest, facts: CallFacts, mark: str) -> None:
        words = self._manager.profile.voicemail
        try:
            rest.redirect_call(facts.call_sid, self._documents.voicemail([words]))
        except IntegrationError:
            with self._database.write() as connection:
                forget_event(connection, LEAVING, mark)
            raise
        with self._database.write() as connection:
            campaign_calls.message_left(connection, mark, self._clock())
        self._prompts.note(facts.key, "voicemail", words)

    def _decided(self, facts: CallFacts, who: str, mark: str) -> Reaction:
        """Return what is done for this webhook, and for no other of the same moment."""
        with self._database.write() as connection:
            reaction = self._reaction(connection, facts, who, mark)
            if reaction is not Reaction.MESSAGE:
                return reaction
            is_ours = take_event_within(connection, LEAVING, mark, self._clock(), LEAVING_TAKES)
            return reaction if is_ours else Reaction.BEING_DONE

    def _reaction(self, connection: Connection, facts: CallFacts, who: str, mark: str) -> Reaction:
        campaign_calls.was_placed(connection, mark, facts.call_sid)
        call = campaign_calls.of_mark(connection, mark) if mark else None
        if (
            call is None
            or call.call_sid != facts.call_sid
            or call.answered_by not in ("", MACHINE_SPEAKS, who)
        ):
            return Reaction.NOTHING
        if who.startswith(_MACHINE_ENDED) and self._is_talking(connection, call):
            after_commit(connection, log.info, "machine_talks")
            return Reaction.NOTHING
        campaign_calls.answered_by(connection, mark, who)
        calls.note_answered_by(connection, facts.call_sid, who)
        if who == _FAX:
            return Reaction.HANG_UP
        if not who.startswith(_MACHINE_ENDED) or call.message_left_at is not None:
            return Reaction.NOTHING
        return Reaction.MESSAGE if call.leave_message else Reaction.HANG_UP

    def _is_talking(self, connection: Connection, call: CampaignCall) -> bool:
        """Return whether there is a conversation already."""
        if call.conversation_id is None:
            return False
        return turns.last_number(connection, call.conversation_id) >= IN_CONVERSATION

    def _stop(self, key: str) -> None:
        """Stop the answer to what the machine said."""
        try:
            self._manager.stop(key)
        except SQLAlchemyError as error:  # its writer finds out when it is asked for the rest
            log.error("answer_not_stopped", error=type(error).__name__)
