"""The words of campaigns' pages: those of messages, and those of calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.labels import MESSAGE_STATUSES
from storage.campaigns.campaigns import CampaignRecord
from storage.models import MessageStatus, PauseReason, RecipientState, SkipReason
from storage.reports.campaign_recipients import Which
from translations import Message, lazy_gettext, lazy_ngettext, lazy_pgettext


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one channel.

    which: what recipients are counted and filtered by. always: those of them that are shown though there is nobody, and
    in the list of campaigns. recipients: states of single ones. again, again_in_doubt: buttons, with a {count}.
    rate: of so many within a minute. begun, replied: the titles of plots. opted_out: of those who wait, some want none.
    """

    which: Mapping[Which, Message]
    always: Sequence[Which]
    recipients: Mapping[str, Message]
    skipped: Mapping[str, Message]
    pauses: Mapping[str, Message]
    first: Message
    what: Message
    text: Message
    not_before: Message
    mended: Message
    no_worker: Message
    again: Message
    again_in_doubt: Message
    in_doubt: Message
    cancel: Message
    rate: Callable[[int], Message]
    begun: Message
    replied: Message
    reply: Message
    opted_out: Message
    try_it: Message
    try_button: Message


def words_of(campaign: CampaignRecord) -> Words:
    """Return the words of a campaign's channel."""
    return CALLS if campaign.is_by_phone else MESSAGES


_ALL = lazy_gettext("All")
_WAITING = lazy_pgettext("people of a campaign", "Waiting")
_IN_DOUBT = lazy_pgettext("people of a campaign", "In doubt")
_LEFT_OUT = lazy_pgettext("people of a campaign", "Left out")
_SKIPPED: Mapping[str, Message] = {
    SkipReason.OPTED_OUT: lazy_gettext("wants no messages"),
    SkipReason.DUPLICATE: lazy_gettext("is on the list twice"),
    SkipReason.NEEDS_TEMPLATE: lazy_gettext("has not written for 24 hours and needs a template"),
    SkipReason.NO_PROVIDER: lazy_gettext("is written to through a provider or a number that is not set up"),
    SkipReason.WEEKLY_LIMIT: lazy_gettext("has been contacted as often this week as the profile allows"),
    SkipReason.NO_HOUR: lazy_gettext("may be in time zones that share no hour in which people are contacted"),
    SkipReason.PAST: lazy_gettext("would be reminded too late"),
    SkipReason.NOT_LISTED: lazy_gettext("is no longer on the list"),
    SkipReason.ERASED: lazy_gettext("was erased"),
}
_PAUSES: Mapping[str, Message] = {
    PauseReason.OPERATOR: lazy_gettext("Somebody has paused it."),
    PauseReason.TEMPLATE: lazy_gettext("It has paused itself: the template is not sent to anybody."),
    PauseReason.ACCOUNT: lazy_gettext("It has paused itself: nothing is sent from this account or number."),
    PauseReason.UNREACHABLE: lazy_gettext("It has paused itself: too many messages in a row did not arrive."),
}
CALL_ENDS: Mapping[str, Message] = {
    "busy": lazy_gettext("was on the phone each time"),
    "no-answer": lazy_gettext("did not answer any call"),
    "failed": lazy_gettext("has a number that could not be called"),
    "refused": lazy_gettext("has a number that Twilio does not call"),
    "canceled": lazy_gettext("was hung up on before they answered"),
    "completed": lazy_gettext("has a fax, or a machine that got no message"),
}
"""Why somebody was not reached, by Twilio's status of the last call, and ours of one that it refused."""


def _in_order(*kinds: tuple[Which, Message]) -> Mapping[Which, Message]:
    """Return the kinds of people that a channel has."""
    return dict(kinds)


def _but(table: Mapping[str, Message], *others: tuple[str, Message]) -> Mapping[str, Message]:
    """Return a table with other words for some of its keys."""
    return dict([*table.items(), *others])


def _messages(count: int) -> Message:
    return lazy_ngettext("{count} message in the last minute", "{count} messages in the last minute", count)


def _calls(count: int) -> Message:
    return lazy_ngettext("{count} call in the last minute", "{count} calls in the last minute", count)


MESSAGES = Words(
    which=_in_order(
        (Which.ALL, _ALL),
        (Which.WAITING, _WAITING),
        (Which.SENDING, lazy_pgettext("people of a campaign", "Being sent")),
        (Which.SENT, lazy_pgettext("people of a campaign", "Sent")),
        (Which.DELIVERED, lazy_pgettext("people of a campaign", "Delivered")),
        (Which.READ, lazy_pgettext("people of a campaign", "Read")),
        (Which.REPLIED, lazy_pgettext("people of a campaign", "Replied")),
        (Which.IN_DOUBT, _IN_DOUBT),
        (Which.FAILED, lazy_gettext("Failed")),
        (Which.SKIPPED, _LEFT_OUT),
    ),
    always=(Which.SENT, Which.DELIVERED, Which.READ, Which.REPLIED, Which.FAILED, Which.IN_DOUBT),
    recipients={
        RecipientState.WAITING: lazy_gettext("to be sent"),
        RecipientState.SENDING: lazy_gettext("being sent"),
        RecipientState.CALLING: lazy_gettext("being called"),
        RecipientState.SENT: MESSAGE_STATUSES[MessageStatus.SENT],
        RecipientState.IN_DOUBT: lazy_gettext("may have it: nobody can tell"),
        RecipientState.FAILED: lazy_gettext("not delivered"),
        RecipientState.SKIPPED: lazy_gettext("left out"),
    },
    skipped=_SKIPPED,
    pauses=_PAUSES,
    first=lazy_gettext("What the first of them will get"),
    what=lazy_gettext("What is sent"),
    text=lazy_gettext("Text"),
    not_before=lazy_gettext("nothing is sent before"),
    mended=lazy_gettext(
        "Once that is mended, “Go on” sends it to all who have not got it, also to those whom the refusal met."
    ),
    no_worker=lazy_gettext("No worker is running: nothing is sent until one is (./start.sh starts one)."),
    again=lazy_gettext("Send again to those that failed ({count})"),
    again_in_doubt=lazy_gettext("Send again to those in doubt ({count})"),
    in_doubt=lazy_gettext("Nobody can tell whether they have it: some may get it twice."),
    cancel=lazy_gettext("It ends for good: who has not been sent anything yet gets nothing."),
    rate=_messages,
    begun=lazy_gettext("Messages sent, by the hour"),
    replied=lazy_gettext("First replies, by the hour"),
    reply=lazy_pgettext("people of a campaign", "Reply"),
    opted_out=lazy_gettext("want no messages"),
    try_it=lazy_gettext(
        "A number of your own gets what the first of the list will get. It counts among the messages of the day."
    ),
    try_button=lazy_gettext("Send it to this number"),
)
CALLS = Words(
    which=_in_order(
        (Which.ALL, _ALL),
        (Which.WAITING, _WAITING),
        (Which.SENDING, lazy_pgettext("people of a campaign", "Being called")),
        (Which.CALLED, lazy_pgettext("people of a campaign", "Called")),
        (Which.SENT, lazy_pgettext("people of a campaign", "Answered")),
        (Which.TALKED, lazy_pgettext("people of a campaign", "Talked")),
        (Which.MACHINE, lazy_pgettext("people of a campaign", "Machine")),
        (Which.IN_DOUBT, _IN_DOUBT),
        (Which.FAILED, lazy_pgettext("people of a campaign", "Not reached")),
        (Which.BUSY, lazy_pgettext("people of a campaign", "Busy")),
        (Which.NO_ANSWER, lazy_pgettext("people of a campaign", "No answer")),
        (Which.SKIPPED, _LEFT_OUT),
    ),
    always=(Which.CALLED, Which.SENT, Which.TALKED, Which.MACHINE, Which.FAILED, Which.IN_DOUBT),
    recipients={
        RecipientState.WAITING: lazy_gettext("to be called"),
        RecipientState.SENDING: lazy_gettext("being called"),
        RecipientState.CALLING: lazy_gettext("being called"),
        RecipientState.SENT: lazy_gettext("talked"),
        RecipientState.IN_DOUBT: lazy_gettext("may have been called: nobody can tell"),
        RecipientState.FAILED: lazy_gettext("not reached"),
        RecipientState.SKIPPED: lazy_gettext("left out"),
    },
    skipped=_but(_SKIPPED, (SkipReason.OPTED_OUT, lazy_gettext("wants no calls"))),
    pauses=_but(
        _PAUSES,
        (
            PauseReason.ACCOUNT,
            lazy_gettext("It has paused itself: nobody is called from this account or number."),
        ),
        (
            PauseReason.UNREACHABLE,
            lazy_gettext("It has paused itself: too many calls in a row have rung nowhere."),
        ),
    ),
    first=lazy_gettext("What the first of them will hear"),
    what=lazy_gettext("What is said"),
    text=lazy_gettext("First words"),
    not_before=lazy_gettext("nobody is called before"),
    mended=lazy_gettext(
        "Once that is mended, “Go on” calls all who have not been reached, also those whom the refusal met."
    ),
    no_worker=lazy_gettext("No worker is running: nobody is called until one is (./start.sh starts one)."),
    again=lazy_gettext("Call those again who were not reached ({count})"),
    again_in_doubt=lazy_gettext("Call those again who are in doubt ({count})"),
    in_doubt=lazy_gettext("Nobody can tell whether they were called: some may be called twice."),
    cancel=lazy_gettext("It ends for good: who has not been called yet is not called."),
    rate=_calls,
    begun=lazy_gettext("Calls, by the hour"),
    replied=lazy_gettext("No more calls wanted, by the hour"),
    reply=lazy_pgettext("people of a campaign", "Outcome"),
    opted_out=lazy_gettext("want no calls"),
    try_it=lazy_gettext(
        "A number of your own is called as the first of the list will be. It counts among the calls of the day."
    ),
    try_button=lazy_gettext("Call this number"),
)
