"""Labels campaigns and the people on their lists for operators: states, reasons, and what to do about them."""

from collections.abc import Mapping
from datetime import datetime

from dashboard.error_messages import reason_of
from dashboard.labels import MESSAGE_STATUSES
from integrations.message_errors import TWILIO, provider_of
from storage.campaigns.campaigns import CampaignRecord
from storage.models import CampaignState, PauseReason, RecipientState, SkipReason
from storage.reports.campaign_recipients import ListedRecipient, Which
from storage.reports.campaigns import Figures
from translations import Message, lazy_gettext, lazy_pgettext

STATES: Mapping[str, Message] = {
    CampaignState.DRAFT: lazy_pgettext("a campaign", "not started"),
    CampaignState.RUNNING: lazy_pgettext("a campaign", "running"),
    CampaignState.PAUSED: lazy_pgettext("a campaign", "paused"),
    CampaignState.FINISHED: lazy_pgettext("a campaign", "finished"),
    CampaignState.CANCELLED: lazy_gettext("cancelled"),
}
_PLANNED = lazy_pgettext("a campaign", "planned")
_LEVELS: Mapping[str, str] = {CampaignState.RUNNING: "good", CampaignState.PAUSED: "bad"}
PAUSES: Mapping[str, Message] = {
    PauseReason.OPERATOR: lazy_gettext("Somebody has paused it."),
    PauseReason.TEMPLATE: lazy_gettext("It has paused itself: the template is not sent to anybody."),
    PauseReason.ACCOUNT: lazy_gettext("It has paused itself: nothing is sent from this account or number."),
    PauseReason.UNREACHABLE: lazy_gettext("It has paused itself: too many messages in a row did not arrive."),
}
WHICH: Mapping[Which, Message] = {
    Which.ALL: lazy_gettext("All"),
    Which.WAITING: lazy_pgettext("people of a campaign", "Waiting"),
    Which.SENDING: lazy_pgettext("people of a campaign", "Being sent"),
    Which.SENT: lazy_pgettext("people of a campaign", "Sent"),
    Which.DELIVERED: lazy_pgettext("people of a campaign", "Delivered"),
    Which.READ: lazy_pgettext("people of a campaign", "Read"),
    Which.REPLIED: lazy_pgettext("people of a campaign", "Replied"),
    Which.IN_DOUBT: lazy_pgettext("people of a campaign", "In doubt"),
    Which.FAILED: lazy_gettext("Failed"),
    Which.SKIPPED: lazy_pgettext("people of a campaign", "Left out"),
}
"""What a campaign's recipients are counted and filtered by."""
_RECIPIENTS: Mapping[str, Message] = {
    RecipientState.WAITING: lazy_gettext("to be sent"),
    RecipientState.SENDING: lazy_gettext("being sent"),
    RecipientState.SENT: lazy_gettext("sent"),
    RecipientState.CALLING: lazy_gettext("being called"),
    RecipientState.IN_DOUBT: lazy_gettext("may have it: nobody can tell"),
    RecipientState.FAILED: lazy_gettext("not delivered"),
    RecipientState.SKIPPED: lazy_gettext("left out"),
}
OPTED_OUT = lazy_gettext("want no messages")
NEED_TEMPLATE = lazy_gettext("have not written for 24 hours and need a template")
_SKIPPED: Mapping[str, Message] = {
    SkipReason.OPTED_OUT: lazy_gettext("wants no messages"),
    SkipReason.DUPLICATE: lazy_gettext("is on the list twice"),
    SkipReason.NEEDS_TEMPLATE: lazy_gettext("has not written for 24 hours and needs a template"),
    SkipReason.NO_PROVIDER: lazy_gettext("is written to through a provider or a number that is not set up"),
    SkipReason.WEEKLY_LIMIT: lazy_gettext("has had as many messages this week as the profile allows"),
    SkipReason.NO_HOUR: lazy_gettext(
        "may be in time zones that share no hour in which people are written to"
    ),
    SkipReason.PAST: lazy_gettext("would be reminded too late"),
    SkipReason.NOT_LISTED: lazy_gettext("is no longer on the list"),
    SkipReason.ERASED: lazy_gettext("was erased"),
}


def campaign_state(campaign: CampaignRecord, now: datetime) -> Message | str:
    """Return a campaign's state in words; one that runs from a later time on is planned."""
    if campaign.state is CampaignState.RUNNING and campaign.start_at is not None and campaign.start_at > now:
        return _PLANNED
    return STATES.get(campaign.state, campaign.state)


def campaign_level(campaign: CampaignRecord) -> str:
    """Return how a campaign's state is coloured."""
    return _LEVELS.get(campaign.state, "")


def why_paused(campaign: CampaignRecord, provider: str) -> list[str]:
    """Return why a campaign is paused, and what the provider's code means and asks for."""
    if campaign.state is not CampaignState.PAUSED or not campaign.pause_reason:
        return []
    why = str(PAUSES.get(campaign.pause_reason, campaign.pause_reason))
    meaning = reason_of(provider, campaign.pause_code)
    return [why, meaning] if meaning else [why]


def counts_of(figures: Figures) -> dict[Which, int]:
    """Return how many recipients there are of each kind."""
    return {
        Which.ALL: figures.total, Which.WAITING: figures.waiting, Which.SENDING: figures.sending + figures.calling,
        Which.SENT: figures.sent, Which.DELIVERED: figures.delivered, Which.READ: figures.read,
        Which.REPLIED: figures.replied, Which.IN_DOUBT: figures.in_doubt, Which.FAILED: figures.failed,
        Which.SKIPPED: sum(figures.skipped.values()),
    }  # fmt: skip


def recipient_state(row: ListedRecipient) -> str:
    """Return what became of a recipient's message."""
    if row.state == RecipientState.SENT and row.status is not None:
        return str(MESSAGE_STATUSES.get(row.status, row.status))
    return str(_RECIPIENTS.get(row.state, row.state))


def recipient_level(row: ListedRecipient) -> str:
    """Return how a recipient's state is coloured."""
    if row.state == RecipientState.SENT:
        return "good" if row.status in ("delivered", "read") else ""
    return {RecipientState.FAILED.value: "bad", RecipientState.IN_DOUBT.value: "warn"}.get(row.state, "")


def recipient_reason(row: ListedRecipient) -> str:
    """Return why a recipient was sent nothing, or why the message did not arrive; "" where there is no more to say."""
    if row.state == RecipientState.SKIPPED:
        return str(_SKIPPED.get(row.reason, row.reason))
    if row.state != RecipientState.FAILED:
        return ""
    return reason_of(provider_of(row.sid, row.provider or TWILIO), row.code)
