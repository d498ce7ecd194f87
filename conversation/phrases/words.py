"""The shape of a language's file of phrases: a dataclass a table, a field a key.

What stands in braces is filled in where a text is used; in [phrases], where a profile is loaded.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict

from integrations.offline.phrases import OfflinePhrases


@dataclass(frozen=True)
class _Table:
    """A table of the file: nothing but its own keys."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Phrases(_Table):
    """[phrases]: what people hear that no model wrote. All of it is spoken as it stands, so none of it is Markdown."""

    fillers: tuple[str, ...]
    """Said while the answer is not there yet. The first is short, the later ones longer and reassuring."""
    reprompts: tuple[str, str]
    """Nothing was heard: the first time, and in other words the second."""
    silence_goodbye: str
    """Nothing was heard a third time; the call ends after it."""
    goodbye: str
    """The caller said goodbye and the model added no words of its own."""
    apology: str
    """The question could not be answered; asks to repeat it."""
    apology_again: str
    """Still not; `transfer` or `take_message` follows."""
    cut_off: str
    """An answer broke off midway; asks whether to go on."""
    transfer: str
    """Said before the call is transferred."""
    nobody_answered: str
    """The transfer failed; `take_message` follows."""
    after_transfer: str
    """The transferred conversation ended and the caller is still on the line."""
    take_message: str
    """Asks for the name and the message."""
    message_taken: str
    """Thanks and goodbye, after a message."""
    too_long: str
    """The call reached its longest time; it ends after this."""
    voicemail: str
    """Left on an answering machine, where the profile gives no words of its own."""
    greeting_outbound: str
    """Said when a person answers a call of ours, where the profile gives no words of its own."""
    fallback: str
    """Twilio reported a fault of ours (ErrorCode); the call goes on listening after it."""
    went_wrong: str
    """Something broke and the call cannot go on; it ends after this."""
    demonstration: str
    """Put before the greeting where no language model is configured."""
    handed_off: str
    """Written where a person will answer in the same chat."""
    opted_out: str
    """Confirms, once, that nothing more is sent of our own accord, and says how to undo it."""
    opted_in: str
    """Confirms that messages are wanted again."""
    opt_out_question: str
    """Asks, once, whether a word such as "cancel" was meant to end our messages."""
    opt_out_help: str
    """Says who this is and how to end our messages."""
    wants_person: str
    """Why a conversation goes to a person who was asked for in so many words, for whoever takes it."""
    cannot_open: str
    """Nothing of what was sent (a file, a voice note) could be opened or understood."""
    too_many_messages: str
    """The person has written more than is answered in an hour."""
    continue_words: frozenset[str]
    """What callers say only to show that they are still there: see `intents.is_continue`."""


@dataclass(frozen=True)
class Briefing(_Table):
    """[briefing]: what the model is told on top of the profile's own text. See profile.instructions_for."""

    identity: str
    instructions_title: str
    facts_title: str
    faq_title: str
    question: str
    answer: str
    rules: str
    channels: dict[str, str]
    date: str
    now: str
    next_days: str
    next_day: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]


@dataclass(frozen=True)
class Transcript(_Table):
    """[transcript]: who says a line, in a conversation that is shown to a person."""

    person: str
    assistant: str


@dataclass(frozen=True)
class Outbound(_Table):
    """[outbound]: what the model is told to write for a call that only speaks a message."""

    task: str
    usual: str
    """The message, where none is given."""


@dataclass(frozen=True)
class Notices(_Table):
    """[sellers]: what sellers are told. {name}, {number}: of the customer or of the seller."""

    title: str
    customer: str
    phone: str
    reason: str
    conversation: str
    context: str
    how_to_take: str
    yours: str
    taken_by: str
    passed_on: str
    note_taken: str
    note_nobody: str


@dataclass(frozen=True)
class HandoffApi(_Table):
    """[handoff_api]: what the handoff API answers while nobody is on duty. {when}: one of the other two."""

    nobody_on_duty: str
    when_somebody_is: str
    when_known: str


@dataclass(frozen=True)
class Helpdesk(_Table):
    """[helpdesk]: what operators read in Chatwoot that nobody said. {until}: a time of day; {name}: the operator's."""

    withheld: str
    file_missing: str
    call_over: str
    call_lasted: str
    call_unanswered: str
    not_delivered: str
    outside_window: str
    opted_out: str
    held: str
    held_words: str
    no_number: str
    no_whatsapp: str
    bot_on: str
    bot_off: str
    is_bot: str
    is_human: str
    is_somebody: str


@dataclass(frozen=True)
class Dashboard(_Table):
    """[dashboard]: how the dashboard is called where a conversation says who has it, and the notes on it."""

    name: str
    taken: str
    given_back: str


@dataclass(frozen=True)
class Part(_Table):
    """A part of a sentence: one of these words, one of them or none, or any number of them."""

    times: Literal["once", "optional", "any"]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Recognised(_Table):
    """[recognised]: what is understood without a model, whatever the profile's language."""

    stop: tuple[str, ...]
    maybe_stop: tuple[str, ...]
    start: tuple[str, ...]
    help: tuple[str, ...]
    yes: tuple[str, ...]
    seller_takes: tuple[str, ...]
    seller_declines: tuple[str, ...]
    weekdays: tuple[str, str, str, str, str, str, str]
    """As sellers' files write them, Monday first: the first three letters."""
    asks_for_person: tuple[Part, ...]


@dataclass(frozen=True)
class Catalogue(_Table):
    """All that is said, written and recognised in a language."""

    phrases: Phrases
    briefing: Briefing
    transcript: Transcript
    outbound: Outbound
    sellers: Notices
    handoff_api: HandoffApi
    helpdesk: Helpdesk
    dashboard: Dashboard
    recognised: Recognised
    offline: OfflinePhrases
