"""Labels campaigns and the people on their lists for operators: states, and what became of each."""

from collections.abc import Mapping
from datetime import datetime

from dashboard.campaigns.reasons import not_delivered, not_reached
from dashboard.campaigns.words import Words, words_of
from dashboard.error_messages import reason_of
from dashboard.labels import CALL_STATUSES, CHANNELS, MESSAGE_STATUSES
from integrations.message_errors import TWILIO, provider_of
from storage.campaigns.campaigns import CampaignRecord
from storage.models import CampaignState, RecipientState
from storage.reports.campaign_recipients import ListedRecipient, Which
from storage.reports.campaigns import BUSY, NO_ANSWER, Figures
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
NEED_TEMPLATE = lazy_gettext("have not written for 24 hours and need a template")
_MACHINE = lazy_gettext("a machine got the message")
_MACHINE_ALONE = lazy_gettext("a machine")


def campaign_state(campaign: CampaignRecord, now: datetime) -> Message | str:
    """Return a campaign's state in words; one that runs from a later time on is planned."""
    if campaign.state is CampaignState.RUNNING and campaign.start_at is not None and campaign.start_at > now:
        return _PLANNED
    return STATES.get(campaign.state, campaign.state)


def campaign_level(campaign: CampaignRecord) -> str:
    """Return how a campaign's state is coloured."""
    return _LEVELS.get(campaign.state, "")


def campaign_channel(campaign: CampaignRecord) -> Message:
    """Return how a campaign reaches people."""
    return CHANNELS["phone" if campaign.is_by_phone else "whatsapp"]


def why_paused(campaign: CampaignRecord, provider: str) -> list[str]:
    """Return why a campaign is paused, and what the provider's code means and asks for."""
    if campaign.state is not CampaignState.PAUSED or not campaign.pause_reason:
        return []
    why = str(words_of(campaign).pauses.get(campaign.pause_reason, campaign.pause_reason))
    meaning = reason_of(provider, campaign.pause_code)
    return [why, meaning] if meaning else [why]


def counts_of(figures: Figures) -> dict[Which, int]:
    """Return how many recipients there are of each kind."""
    return {
        Which.ALL: figures.total, Which.WAITING: figures.waiting, Which.SENDING: figures.sending + figures.calling,
        Which.SENT: figures.sent, Which.DELIVERED: figures.delivered, Which.READ: figures.read,
        Which.REPLIED: figures.replied, Which.IN_DOUBT: figures.in_doubt, Which.FAILED: figures.failed,
        Which.SKIPPED: sum(figures.skipped.values()), Which.CALLED: figures.called,
        Which.TALKED: figures.sent - figures.machine, Which.MACHINE: figures.machine,
        Which.BUSY: figures.ends.get(BUSY, 0), Which.NO_ANSWER: figures.ends.get(NO_ANSWER, 0),
    }  # fmt: skip


def recipient_state(row: ListedRecipient, words: Words) -> str:
    """Return what became of a recipient's message, or of the call."""
    if row.state == RecipientState.SENT and row.is_machine:
        return str(_MACHINE)
    if row.state == RecipientState.SENT and row.status is not None:
        return str(MESSAGE_STATUSES.get(row.status, row.status))
    return str(words.recipients.get(row.state, row.state))


def recipient_level(row: ListedRecipient, words: Words) -> str:
    """Return how a recipient's state is coloured."""
    if row.state == RecipientState.SENT:
        is_good = (
            row.status in ("delivered", "read") if row.status is not None else Which.TALKED in words.which
        )
        return "good" if is_good else ""
    return {RecipientState.FAILED.value: "bad", RecipientState.IN_DOUBT.value: "warn"}.get(row.state, "")


def recipient_reason(row: ListedRecipient, words: Words) -> str:
    """Return why a recipient was sent nothing, or not reached; "" where there is no more to say."""
    if row.state == RecipientState.SKIPPED:
        return str(words.skipped.get(row.reason, row.reason))
    if row.state == RecipientState.WAITING and row.call_status:  # they are called again
        is_machine = row.call_status == "completed"
        return str(_MACHINE_ALONE if is_machine else CALL_STATUSES.get(row.call_status, row.call_status))
    if row.state != RecipientState.FAILED:
        return ""
    if row.call_status:
        return not_reached(row.call_status, row.call_code)
    return not_delivered(provider_of(row.sid, row.provider or TWILIO), row.code)
