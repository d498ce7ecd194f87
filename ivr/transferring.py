"""Puts callers through to a person, and goes on when that has ended."""

from collections.abc import Sequence

from conversation.manager import ConversationManager
from ivr.documents import Documents
from ivr.requests import DialOutcome
from ivr.transfer import caller_id
from ivr.transfer_ceiling import Transfers
from phone_numbers import is_withheld
from storage.queries.calls import CallFacts


class Transferring:
    """The transfers of callers by the assistant."""

    def __init__(self, manager: ConversationManager, documents: Documents, transfers: Transfers) -> None:
        self._manager, self._documents = manager, documents
        self._phrases, self._to, self._ceiling = manager.profile.phrases, transfers.to, transfers.ceiling

    def begin(self, facts: CallFacts, number: int, words: Sequence[str], upto: int) -> str:
        """Say the end of an answer and ring the person; ask for a message where nobody may be rung.

        upto: the sentences that were said of the answer.
        """
        person = self._to.number_for(facts)
        if person is None or not self._ceiling.may_ring(facts.key, number):
            # Its turn says otherwise, and another call of theirs would be taken for its leg
            self._manager.transfer_ended(facts.key, answered=False, by="")
            rest = [said for said in words if said.strip() != self._phrases.transfer]
            return self._documents.ask_for_message(facts.key, number, rest, nobody=True)
        shown = caller_id(facts, withheld=is_withheld(facts.contact_address))
        return self._documents.transfer(number, words, person, upto=upto, caller_id=shown)

    def ended(self, facts: CallFacts, number: int, dial: DialOutcome, mark: str) -> str:
        """Go on with a caller after a transfer. mark: an operator's; empty for the assistant's."""
        self._ceiling.has_ended(facts.key, number, dial.talked_s or 0, mark=mark)
        answered = dial.was_answered and not dial.was_short
        self._manager.transfer_ended(facts.key, answered=answered, by=self._to.number or "")
        if dial.was_short:
            return self._documents.ask_whether_helped(facts.key, number)
        if dial.was_answered:
            return self._documents.goodbye(facts.key, f"transferred:{number}", self._phrases.after_transfer)
        return self._documents.ask_for_message(facts.key, number, nobody=True)
