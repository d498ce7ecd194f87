"""What a webhook of a campaign's call tells of it: which call it became, and what it failed of."""

from dataclasses import dataclass

from sqlalchemy import Connection

from storage.campaigns import campaign_calls
from storage.campaigns.campaign_calls import CampaignCall
from storage.queries.calls import CallFacts

_FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CampaignNews:
    """What a status callback tells. mark: the call's; empty for calls of no campaign. sip_code: of one that failed."""

    mark: str = ""
    sip_code: int | None = None

    def keep(self, connection: Connection, facts: CallFacts, conversation_id: int) -> None:
        """Keep it, before the call is noted as over."""
        if not self.mark:
            return
        campaign_calls.attach(connection, self.mark, facts.call_sid, conversation_id)
        if facts.status == _FAILED and self.sip_code is not None:
            campaign_calls.note_code(connection, self.mark, self.sip_code)


NO_NEWS = CampaignNews()


def answered_call(
    connection: Connection, facts: CallFacts, mark: str, conversation_id: int
) -> CampaignCall | None:
    """Return the campaign's call that was answered; None if its mark is another call's, or nobody's."""
    campaign_calls.attach(connection, mark, facts.call_sid, conversation_id)
    call = campaign_calls.of_mark(connection, mark)
    return call if call is not None and call.call_sid == facts.call_sid else None
