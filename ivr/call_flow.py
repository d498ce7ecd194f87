"""Decides the TwiML of each webhook of a call.

A turn is served in order: /gather claims it and speaks the first sentence, /continue speaks the sentences
ready since, and the last of them stands inside a <Gather> for the next turn.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.callees.intents import is_machine_greeting
from conversation.history import HARDLY_UNDERSTOOD
from conversation.intents import is_continue
from conversation.manager import ConversationManager
from ivr import twiml
from ivr.call_closing import CallLifecycle
from ivr.callees import reaction_to
from ivr.campaign_calls import NO_NEWS, CampaignNews, answered_call
from ivr.documents import Documents
from ivr.message_taking import MessageTaking
from ivr.prompts import Prompts
from ivr.requests import MACHINE_SPEAKS, SILENCE, CallPosition, DialOutcome, Heard
from ivr.serving import AnswerServing
from ivr.transfer import Leg
from ivr.transfer_ceiling import Transfers
from ivr.transferring import Transferring
from ivr.utterances import utterance_of
from storage.base import utc_now
from storage.database import Database
from storage.models import LONGEST_CALL
from storage.privacy.erasures import Returning
from storage.queries import calls
from storage.queries.calls import OVER, STATUS_RANKS, CallFacts, CallProgress

log = structlog.get_logger()

MOST_SILENCES = 2
MOST_GREETINGS = 3
"""Turns in which a machine's greeting is listened to."""


class PhoneLine:
    """Calls of one profile. Every method returns a whole TwiML document and never waits over 5 s."""

    def __init__(
        self,
        *,
        manager: ConversationManager,
        database: Database,
        lifecycle: CallLifecycle,
        wait_s: float,
        transfers: Transfers,
        base_path: str = "",
        demonstration: bool = False,
        erased: Returning | None = None,
    ) -> None:
        self.manager, self._database, self._lifecycle = manager, database, lifecycle
        self._transfer, self._demonstration, self._erased = transfers.to, demonstration, erased
        self._profile, self._phrases = manager.profile, manager.profile.phrases
        self._documents = Documents(manager.profile, Prompts(manager.answers.keep_later), base_path)
        self._transferring = Transferring(manager, self._documents, transfers)
        self._serving = AnswerServing(manager, self._documents, self._transferring, wait_s=wait_s)
        self._messages = MessageTaking(manager, self._documents, self._serving, transfers.to)

    def greet(self, facts: CallFacts, answered_by: str = "", mark: str = "") -> str:
        """A call came in, or one of ours was answered, by a person or by a machine. mark: of a campaign's call."""
        if mark:
            return self._greet_for_campaign(facts, mark)
        words = self._first_words(facts, answered_by)
        leg = self._open(facts, words)
        if leg is Leg.OURS:
            return twiml.refuse()
        if leg is Leg.LIKELY_OURS:
            return self._documents.ask_for_message(facts.key, 0, nobody=True, leg=1)
        if answered_by == "fax":
            return twiml.hang_up()
        if answered_by == MACHINE_SPEAKS:
            return self._documents.hear_machine_out()
        if answered_by.startswith("machine"):
            return self._documents.voicemail(words)
        return self._documents.greeting(words)

    def _first_words(self, facts: CallFacts, answered_by: str) -> list[str]:
        if answered_by in ("fax", MACHINE_SPEAKS):
            return []
        if answered_by.startswith("machine"):
            return [self._profile.voicemail]
        outbound = facts.direction != "inbound"
        notice = [self._phrases.demonstration] if self._demonstration else []
        return [*notice, self._profile.greeting_outbound if outbound else self._profile.greeting]

    def _greet_for_campaign(self, facts: CallFacts, mark: str) -> str:
        """Greet whoever has answered a campaign's call, at once: whether it is a machine is told later."""
        words, call, now = self._first_words(facts, ""), None, utc_now()
        try:
            with self._database.write() as connection:
                conversation = calls.open_call(connection, facts, now)
                call = answered_call(connection, facts, mark, conversation.id)
                if call is not None and call.body:
                    words = [*words[:-1], call.body]
                calls.note_prompt(connection, conversation.id, "greeting", " ".join(words), now)
        except SQLAlchemyError as error:
            log.error("call_not_kept", error=type(error).__name__)
        if call is not None and call.message_left_at is not None:  # the machine's beep was told of sooner
            return self._documents.voicemail([self._profile.voicemail])
        return self._documents.greeting(words)

    def _open(self, facts: CallFacts, words: Sequence[str]) -> Leg:
        """Keep a call and its first words, unless it is a leg of another; return which."""
        leg, now = Leg.NONE, utc_now()
        try:
            with self._database.write() as connection:
                leg = self._transfer.leg_of(connection, facts, now)
                if leg is not Leg.OURS:
                    conversation = calls.open_call(connection, facts, now)
                    if leg is Leg.NONE and words:
                        calls.note_prompt(connection, conversation.id, "greeting", " ".join(words), now)
        except SQLAlchemyError as error:
            log.error("call_not_kept", error=type(error).__name__)
        if leg is not Leg.NONE:
            log.warning("transfer_came_back", leg=leg)
        return leg

    def apologise(self, facts: CallFacts, number: int | None = None, served: int = 0) -> str:
        """Apologise and listen again, after a webhook of this call failed.

        number: the turn that is listened for; None: the next one. served: sentences of the one before that were served.
        """
        number = number or self._serving.next_number(facts.key)
        return self._documents.apology(facts.key, number, served)

    def hear(self, facts: CallFacts, position: CallPosition, heard: Heard) -> str:
        """The caller spoke, pressed keys, or did neither."""
        if position.is_machine:
            return self._documents.voicemail_after(facts.key, self._profile.voicemail)
        if position.is_message:
            return self._messages.hear(facts, position, SILENCE if heard.is_doubtful else heard)
        if not heard.text:
            return self._silence(facts, position)
        is_for_nobody = heard.is_doubtful or is_continue(heard.text, self._phrases)
        if position.pending is not None and is_for_nobody:
            return self._serving.serve(facts, position.pending, position.start, position.wait)
        number = position.turn or self._serving.next_number(facts.key)
        if (reaction := reaction_to(facts, heard, self._phrases)) is not None:
            return self._serving.answer(facts, reaction.said_to(utterance_of(facts, number, position, heard)))
        if facts.direction != "inbound" and number <= MOST_GREETINGS and is_machine_greeting(heard.text):
            return self._documents.listen_on(number)
        if heard.is_doubtful:
            if not position.was_doubtful:
                return self._documents.ask_again(facts.key, number, position)
            heard = replace(heard, text=f"{heard.text}{HARDLY_UNDERSTOOD}")
        return self._serving.answer(facts, utterance_of(facts, number, position, heard))

    def _silence(self, facts: CallFacts, position: CallPosition) -> str:
        number = position.turn or self._serving.next_number(facts.key)
        if position.silent < MOST_SILENCES:
            return self._documents.reprompt(facts.key, number, position)
        prompt = f"silence:{number}:{position.silent}"
        return self._documents.goodbye(facts.key, prompt, self._phrases.silence_goodbye)

    def go_on(self, facts: CallFacts, position: CallPosition, dial: DialOutcome) -> str:
        """Speak the rest of an answer, or go on after a transfer."""
        if position.turn is None:
            return self.apologise(facts)
        if position.is_transfer_end or dial.status:
            return self._transferring.ended(facts, position.turn, dial, position.transfer)
        return self._serving.serve(facts, position.turn, position.start, position.wait)

    def progress(self, facts: CallFacts, progress: CallProgress, news: CampaignNews = NO_NEWS) -> str:
        """Keep a status callback. news: of a campaign's call.

        Raises SQLAlchemyError if it cannot be kept, so that Twilio sends it again.
        """
        with self._database.write() as connection:
            if self._is_of_before(connection, facts, progress):
                return twiml.nothing()
            conversation = calls.open_call(connection, facts, progress.at)
            news.keep(connection, facts, conversation.id)
            over = calls.record_progress(connection, facts.call_sid, progress)
            if STATUS_RANKS.get(progress.status) == OVER:
                self._lifecycle.close(connection, facts.key, utc_now())
        if over:
            self.manager.stop(facts.key)
        return twiml.nothing()

    def _is_of_before(self, connection: Connection, facts: CallFacts, progress: CallProgress) -> bool:
        """Return True for a callback that may be of a call that was erased: it is kept only if the call goes on."""
        if self._erased is None or calls.find_conversation(connection, facts.key) is not None:
            return False
        erased = self._erased.look(connection, facts.contact_address, simulated=facts.simulated)
        return erased is not None and progress.at - erased.erased_at < LONGEST_CALL
