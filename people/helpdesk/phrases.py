"""Words that operators read in Chatwoot besides the conversation, in the profile's language."""

from dataclasses import dataclass

from conversation.phrases import SOURCE, catalogue_for, language_of
from conversation.phrases.words import Helpdesk, Marks
from integrations.dialog360 import error_codes as meta_codes
from integrations.message_errors import what_to_do
from storage.models import MessageStatus

ASSISTANT_MARK = "🤖 "
"""Before the assistant's words, if Chatwoot can only take them as the customer's."""
OPERATOR_MARK = "👤 "
"""Before the name of an operator of the dashboard, whose words Chatwoot can only take as the assistant's."""
NOTE_MARK = "📝 "
"""Before a note, if Chatwoot can only take it as the customer's words."""
VOICE_MARK = "🎙 "
"""Before a voice note's words."""

_OUTSIDE_WINDOW = frozenset({63016, meta_codes.OUTSIDE_WINDOW})
_OPTED_OUT = frozenset({21610})
_ADVISED = ("es", "en")
"""The languages of the advice on providers' errors."""


@dataclass(frozen=True)
class HelpdeskPhrases(Helpdesk):
    """The words of a profile's language. language: of the explanations of providers' errors. marks: of what came."""

    language: str
    marks: Marks

    def why_not_delivered(self, provider: str, code: int | None) -> str:
        """Return why a message of an operator's did not arrive. provider: the one that had it; code: its own."""
        if code in _OUTSIDE_WINDOW:
            return self.outside_window
        if code in _OPTED_OUT:
            return self.opted_out
        advice = what_to_do(provider, code, self.language)
        named = "" if code is None else f" ({code})"
        return f"{self.not_delivered}{named}. {advice or ''}".strip()

    def why_lost(self, status: MessageStatus, provider: str, code: int | None) -> str:
        """Return why a message did not arrive, whatever became of it."""
        return self.held if status is MessageStatus.HELD else self.why_not_delivered(provider, code)

    def lasted(self, seconds: int) -> str:
        """Return a call's duration in words."""
        return self.call_lasted.format(time=f"{seconds // 60}:{seconds % 60:02d}")


def helpdesk_phrases(language: str) -> HelpdeskPhrases:
    """Return the words for a profile's language, "es-ES" or "en"."""
    spoken = language_of(language)
    catalogue = catalogue_for(language)
    advised = spoken if spoken in _ADVISED else SOURCE
    return HelpdeskPhrases(**vars(catalogue.helpdesk), language=advised, marks=catalogue.marks)
