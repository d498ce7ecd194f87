"""Checks the Twilio account: its credentials and its state."""

from collections.abc import Mapping, Sequence

from doctor.findings import Finding, Status
from doctor.twilio.errors import INACTIVE_CODES, NOT_SET, SET_THEM, not_asked, refuses_account
from integrations.errors import IntegrationError
from integrations.twilio.error_codes import advice_for
from integrations.twilio.setup import ACTIVE, AccountState, TwilioSetup
from translations import Message
from translations import lazy_gettext as _

_NOT_ACTIVE = _("The Twilio account is not active.")
_OF_THE_REGION = _(
    "TWILIO_REGION is {region}, which has a token of its own: copy it from https://console.twilio.com (Account, API "
    "keys & tokens, with that region chosen), or unset TWILIO_REGION and TWILIO_EDGE."
)
_STATES = {
    "suspended": _("The Twilio account is suspended."),
    "closed": _("The Twilio account is closed: its numbers are gone."),
}


class TwilioAccountPart:
    """The account.

    setups: the account with each of its tokens, the primary one first; none without credentials. rung: numbers that
    are called, by the name of their setting. region: TWILIO_REGION.
    """

    name = "twilio"

    def __init__(
        self, setups: Sequence[TwilioSetup], rung: Mapping[str, str], region: str | None = None
    ) -> None:
        self._setups, self._rung, self._region = setups, rung, region

    def check(self) -> list[Finding]:
        """Look at the account with each of its tokens."""
        if not self._setups:
            return [Finding(self.name, Status.OFF, NOT_SET, SET_THEM)]
        primary, *others = self._setups
        accepted = [self._is_accepted(other) for other in others]
        try:
            state = primary.account()
        except IntegrationError as error:
            return [self._refused(error, is_other_accepted=True in accepted)]
        found = [self._state(state)]
        if state.is_trial:
            found += self._unverified(primary)
        if False in accepted:
            found.append(self._second_refused())
        return found

    def _is_accepted(self, setup: TwilioSetup) -> bool | None:
        """Return whether Twilio accepts a token; None if it cannot be asked."""
        try:
            setup.account()
        except IntegrationError as error:
            return False if refuses_account(error) else None
        return True

    def _refused(self, error: IntegrationError, *, is_other_accepted: bool) -> Finding:
        if error.code in INACTIVE_CODES:
            return self._not_active(_NOT_ACTIVE)
        if not refuses_account(error):
            return not_asked(self.name, error)
        if is_other_accepted:
            sentence = _("Twilio refuses the first token of TWILIO_AUTH_TOKEN and accepts the second.")
            advice = _("Put the token first that is primary at https://console.twilio.com.")
            return Finding(self.name, Status.FIX, sentence, advice, stops_calls=True)
        sentence = _("Twilio does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN.")
        advice = advice_for(error.code) or SET_THEM
        if self._region is not None:
            advice = _OF_THE_REGION.format(region=self._region)
        return Finding(self.name, Status.FIX, sentence, advice, stops_calls=True)

    def _state(self, state: AccountState) -> Finding:
        if state.status != ACTIVE:
            return self._not_active(_STATES.get(state.status, _NOT_ACTIVE))
        if state.is_trial:
            sentence = _("Twilio accepts the credentials; a trial account calls verified numbers alone.")
            advice = _("Callers hear that it is a trial. Upgrade the account at https://console.twilio.com.")
            return Finding(self.name, Status.OK, sentence, advice)
        return Finding(self.name, Status.OK, _("Twilio accepts the credentials, and the account is active."))

    def _not_active(self, sentence: Message) -> Finding:
        advice = _("See at https://console.twilio.com what it lacks (funds, verification).")
        return Finding(self.name, Status.FIX, sentence, advice, stops_calls=True)

    def _unverified(self, setup: TwilioSetup) -> list[Finding]:
        """Return a line for each number that a trial account may not call."""
        advice = _("Verify it at https://console.twilio.com (Phone Numbers, Verified Caller IDs).")
        sentence = _("A trial account cannot call {setting} ({number}): the number is not verified.")
        try:
            return [
                Finding(self.name, Status.FIX, sentence.format(setting=setting, number=number), advice)
                for setting, number in self._rung.items()
                if not setup.is_verified(number)
            ]
        except IntegrationError as error:
            return [not_asked(self.name, error)]

    def _second_refused(self) -> Finding:
        sentence = _("Twilio refuses a token of TWILIO_AUTH_TOKEN after the first.")
        advice = _("If you have changed the token, leave the old one out; else copy the new one again.")
        return Finding(self.name, Status.FIX, sentence, advice)
