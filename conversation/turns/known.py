"""What is known of a conversation when something is said in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from conversation import history
from conversation.turns.channel import ChannelRules
from conversation.turns.utterance import Utterance
from storage.campaigns import campaign_replies
from storage.campaigns.campaign_replies import CampaignMessage
from storage.ledger.entries import Account
from storage.queries import turns
from storage.queries.calls import ConversationRecord
from storage.queries.turns import ServedRecord, TurnRecord

CAMPAIGN_REMEMBERED = timedelta(days=7)
"""Time for which the model is told what a campaign has written."""


@dataclass(frozen=True, slots=True)
class Known:
    """The state of a conversation before an utterance; empty if it is new or cannot be read."""

    conversation: ConversationRecord | None = None
    past: tuple[TurnRecord, ...] = ()
    last_served: ServedRecord | None = None
    """The last part served of the previous turn."""
    account: Account | None = None
    free_at: datetime | None = None
    """When a model answers this contact again; None: it does now."""
    campaign: CampaignMessage | None = None
    """The last message of a campaign that this person has got lately."""

    @property
    def previous(self) -> TurnRecord | None:
        """The previous turn."""
        return self.past[-1] if self.past else None

    @property
    def failures(self) -> int:
        """Failed turns in a row, up to the previous one."""
        return self.past[-1].failures if self.past else 0


def known_before(connection: Connection, utterance: Utterance, channel: ChannelRules, now: datetime) -> Known:
    """Return what is known before an utterance."""
    found = channel.ledger.standing(connection, utterance.key, channel.kind_of_turn, now)
    if found is None:
        return Known()
    past = past_turns(connection, found.conversation, utterance.number)
    is_spoken = past and not utterance.whole  # of what is read whole, nothing is served by parts
    last = turns.last_served(connection, past[-1].id) if is_spoken else None
    campaign = None
    if utterance.after_campaign:  # nobody else costs a query
        campaign = campaign_before(connection, found.conversation, channel, now)
    return Known(found.conversation, past, last, found.account, found.free_at, campaign)


def campaign_before(
    connection: Connection, conversation: ConversationRecord, channel: ChannelRules, now: datetime
) -> CampaignMessage | None:
    """Return the last message of a campaign that what is said may be about; of a call, what it was placed for."""
    if channel.is_phone:
        return campaign_replies.of_call(connection, conversation.id)
    return campaign_replies.latest_message(connection, conversation.id, now - CAMPAIGN_REMEMBERED)


def past_turns(
    connection: Connection, conversation: ConversationRecord, number: int
) -> tuple[TurnRecord, ...]:
    """Return the turns before a number that no summary covers, the last ones if they are many."""
    found = turns.last_turns(
        connection,
        conversation.id,
        before=number,
        after=conversation.summary_upto,
        limit=history.MOST_TURNS,
    )
    return tuple(found)
