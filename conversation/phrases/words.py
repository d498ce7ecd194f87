"""The schema of a file of phrases: one dataclass per table, one field per key.

Placeholders in braces are filled in when a text is used; those in [phrases], when a profile is loaded.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict

from integrations.offline.phrases import OfflinePhrases


@dataclass(frozen=True)
class _Table:
    """A table of the file; unknown keys are refused."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Phrases(_Table):
    """[phrases]: fixed sentences for callers and contacts. All are spoken as written, so none contains Markdown."""

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
    cannot_discuss: str
    """A content filter refused the question or its answer; asks for another one."""
    transfer: str
    """Said before the call is transferred."""
    nobody_answered: str
    """The transfer failed; `take_message` follows."""
    after_transfer: str
    """The transferred conversation ended and the caller is still on the line."""
    was_helped: str
    """The transfer was answered and ended within seconds, perhaps by a voicemail; asks whether somebody helped."""
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
    who_calls: str
    """Says who calls, for whom, and that it is no person: first in a campaign's call, and to whoever asks."""
    calls_stopped: str
    """Confirms, to somebody who wants no more calls, that we neither call nor write; the call ends after it."""
    fallback: str
    """Twilio reported a fault of ours (ErrorCode); the call goes on listening after it."""
    went_wrong: str
    """Something failed and the call cannot go on; it ends after this."""
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
    """The reason shown for a handoff that was asked for in plain words."""
    cannot_open: str
    """Nothing that was sent (a file, a voice note) could be opened or understood."""
    too_many_messages: str
    """The person has written more messages than are answered in an hour."""
    continue_words: frozenset[str]
    """Words by which callers only show that they are still there: see `intents.is_continue`."""


@dataclass(frozen=True)
class Briefing(_Table):
    """[briefing]: the model's instructions besides the profile's own text. See profile.instructions_for."""

    identity: str
    instructions_title: str
    facts_title: str
    faq_title: str
    question: str
    answer: str
    rules: str
    nobody: str
    """Follows the rules where no person can be brought in."""
    channels: dict[str, str]
    date: str
    now: str
    next_days: str
    next_day: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]


@dataclass(frozen=True)
class Transcript(_Table):
    """[transcript]: labels of the speakers in a conversation shown to a person."""

    person: str
    assistant: str


@dataclass(frozen=True)
class Outbound(_Table):
    """[outbound]: the model's instructions for a call that only speaks a message."""

    task: str
    usual: str
    """The default message."""


@dataclass(frozen=True)
class Notices(_Table):
    """[sellers]: messages to sellers. {name}, {number}: of the customer or of the seller."""

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
    yours_unknown: str
    link: str
    how_to_end: str
    done: str
    help_offered: str
    help_owned: str
    message: str
    further: str
    note_taken: str
    note_nobody: str
    missed: str
    how_to_settle: str
    over: str
    note_missed: str
    campaign_answer: str
    """The reason of who is handed over for an answer to a campaign. {answer}: their words; {campaign}: its name."""
    model_fails: str
    """The assistant gives no answers. {date}, {time}: since when; {count}: how many failed. One of these follows:"""
    model_key: str
    model_quota: str
    model_other: str
    """{error}: in English, with the server's code."""


@dataclass(frozen=True)
class Customers(_Table):
    """[customers]: what customers are told who want a person, or have used up what one person may in a day."""

    told_before: str
    """A person was told before and has not answered yet."""
    message_kept: str
    """Nobody can be told, so what they want is kept."""
    kept_before: tuple[str, ...]
    """The same, to somebody of whom something is kept already; one after the other."""
    nobody_yet: str
    """Nobody has come in time."""
    nobody_until: str
    """The same outside hours. {date}, {time}: when somebody is on duty."""
    cannot_open_today: str
    """Nothing that was sent is opened, because as many photos or voice notes were opened today as may be."""
    no_more_answers: str
    """As many questions were answered by phone as may be; `take_message` follows."""
    no_more_this_hour: str
    """As many questions were answered within the hour as may be."""
    no_more_today: str
    """The same for the day."""


@dataclass(frozen=True)
class HandoffApi(_Table):
    """[handoff_api]: the handoff API's answers while nobody is on duty. {when}: one of the other two."""

    nobody_on_duty: str
    when_somebody_is: str
    when_known: str
    tried_again: str
    added: str


@dataclass(frozen=True)
class Helpdesk(_Table):
    """[helpdesk]: our notes for operators in Chatwoot. {until}: a time of day; {name}: the operator's."""

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
class Marks(_Table):
    """[marks]: what came with messages, for operators in Chatwoot and for sellers. {value}: what it holds."""

    photo_of: str
    card_of: str
    location: str
    form: str
    order: str
    reaction: str
    advertisement: str
    keys: str
    voice_note_says: str
    voice_note: str
    photo: str
    video: str
    sticker: str
    card: str
    document: str
    reaction_gone: str
    not_passed_on: str
    corrected: str
    deleted: str
    interrupted: str
    hardly_understood: str

    def text_of(self, key: str) -> str:
        """Return a text by its key (`conversation.described`)."""
        return str(getattr(self, key))


@dataclass(frozen=True)
class Dashboard(_Table):
    """[dashboard]: the dashboard's name as the owner of a conversation, and its notes."""

    name: str
    taken: str
    taken_by: str
    given_back: str
    given_back_by: str
    settled: str
    settled_by: str


@dataclass(frozen=True)
class Part(_Table):
    """A part of a sentence: one of these words, one of them or none, or any number of them."""

    times: Literal["once", "optional", "any"]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Recognised(_Table):
    """[recognised]: words understood without a model, whatever the profile's language."""

    stop: tuple[str, ...]
    maybe_stop: tuple[str, ...]
    start: tuple[str, ...]
    help: tuple[str, ...]
    yes: tuple[str, ...]
    seller_takes: tuple[str, ...]
    seller_declines: tuple[str, ...]
    declines: frozenset[str]
    """Words by which a caller who was asked for a message leaves none."""
    farewells: frozenset[str]
    no_message: frozenset[str]
    """Words that are no message: a greeting, a question whether we hear them."""
    seller_done: tuple[str, ...]
    weekdays: tuple[str, str, str, str, str, str, str]
    """Weekdays in sellers' files, Monday first: the first three letters."""
    no_more_calls: tuple[str, ...]
    """Words by which whoever we call wants no more calls, anywhere in a short sentence."""
    only_for_now: tuple[str, ...]
    """Words with which such a sentence means another time, and is left to the model."""
    asks_who_calls: tuple[str, ...]
    """Words by which people, and services that screen calls, ask who is calling."""
    machine_greetings: tuple[str, ...]
    """Words of answering machines that no person says."""
    asks_for_person: tuple[Part, ...]


@dataclass(frozen=True)
class Catalogue(_Table):
    """All fixed texts and recognised words of a language."""

    phrases: Phrases
    briefing: Briefing
    transcript: Transcript
    outbound: Outbound
    sellers: Notices
    customers: Customers
    handoff_api: HandoffApi
    helpdesk: Helpdesk
    marks: Marks
    dashboard: Dashboard
    recognised: Recognised
    offline: OfflinePhrases
