"""Tries a campaign for whoever asks at the dashboard: one message, or one call, to a number of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from conversation.daily_ceilings import Reached
from integrations.errors import IntegrationError, may_have_been_done
from integrations.message_errors import TWILIO, what_to_do
from messaging.campaigns.desk.message_trials import (
    MessageTrials,
    NoMoreMessagesError,
    Note,
    NotTriedError,
    UnansweredError,
)
from messaging.campaigns.voice.trial import NoMoreTodayError, Trials
from phone_numbers import PhoneNumberError, ReachAddress, parse_typed
from storage.campaigns.campaigns import CampaignRecord
from translations import Message, current_language
from translations import lazy_gettext as _

MOST_WRITTEN = 40
"""Characters of a number that a sentence repeats."""
_OPTED_OUT = _("{number} wants no messages: write to it once START or ALTA has come from it.")
_NO_MESSAGES = _("WhatsApp is not set up: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or D360_API_KEY.")
_NO_CALLS = _(
    "Nobody can be called: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER and WEBHOOK_URL."
)
_USED_UP = _("{setting} is used up for today ({limit}). More may begin from {time} on.")
_NO_ROOM = _("The day's ceilings leave no more (DAILY_MESSAGES, DAILY_CALLS, DAILY_SPEND).")
_NUMBER = _("“{written}” cannot be a phone number: give it with its country code, such as +34600000001.")
_SENT = _("It is on its way to {number}: its conversation shows what becomes of it.")
_SENT_PERHAPS = _(
    "It is on its way to {number}, and may not arrive: WhatsApp takes a text only up to 24 hours after they have "
    "written."
)
_CALLED = _("{number} is being called: pick up. The call is among the calls.")
_MESSAGE_UNKNOWN = _(
    "Nobody can tell whether it was sent to {number}: look at the phone before you send another."
)
_CALL_UNKNOWN = _(
    "Nobody can tell whether {number} is being called: wait for a minute before you have it called again."
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a trial. refused: why nothing was begun. said: otherwise, what is to be known of it."""

    refused: Sequence[Message | str] = ()
    said: Message | None = None


class Trying:
    """Tries campaigns. calls: None where settings are missing. zone: of times. region: of numbers without a country."""

    def __init__(
        self,
        messages: MessageTrials,
        calls: Callable[[], Trials | None],
        zone: ZoneInfo,
        region: str | None,
    ) -> None:
        self._messages, self._calls, self._zone, self._region = messages, calls, zone, region

    def try_it(self, campaign: CampaignRecord, written: str, begun: Note) -> Tried:
        """Send a number that was typed what the first of a campaign's list will get, or call it so.

        begun: notes it in the transaction in which it begins.
        """
        try:
            number = parse_typed(written, self._region)
        except PhoneNumberError:
            return Tried(refused=[_NUMBER.format(written=written[:MOST_WRITTEN])])
        try_one = self._call if campaign.is_by_phone else self._write
        return try_one(campaign, number, begun)

    def _write(self, campaign: CampaignRecord, number: ReachAddress, begun: Note) -> Tried:
        try:
            is_let_through = self._messages.send(campaign, number, begun)
        except NotTriedError as error:
            return Tried(refused=[_OPTED_OUT.format(number=number) if error.has_opted_out else _NO_MESSAGES])
        except NoMoreMessagesError as error:
            return Tried(refused=[self._used_up(error.reached)])
        except UnansweredError as error:
            if error.is_unknown:
                return Tried(said=_MESSAGE_UNKNOWN.format(number=number))
            return Tried(refused=[_meaning(error.provider.name, error.code)])
        return Tried(said=(_SENT if is_let_through else _SENT_PERHAPS).format(number=number))

    def _call(self, campaign: CampaignRecord, number: ReachAddress, begun: Note) -> Tried:
        trials = self._calls()
        if trials is None:
            return Tried(refused=[_NO_CALLS])
        try:
            trials.call(campaign, number, begun)
        except NoMoreTodayError as error:
            return Tried(refused=[self._used_up(error.reached)])
        except IntegrationError as error:
            if may_have_been_done(error):
                return Tried(said=_CALL_UNKNOWN.format(number=number))
            return Tried(refused=[_meaning(TWILIO, error.code)])
        return Tried(said=_CALLED.format(number=number))

    def _used_up(self, reached: Reached | None) -> Message:
        if reached is None:
            return _NO_ROOM
        at: datetime = reached.until.astimezone(self._zone)
        return _USED_UP.format(setting=reached.setting, limit=reached.limit, time=f"{at:%Y-%m-%d %H:%M}")


def _meaning(provider: str, code: int | str | None) -> Message | str:
    """Return what a provider's refusal means, and what to do about it."""
    known = what_to_do(provider, code, current_language())
    return known or _("The provider's code {code}.").format(code=code or "-")
