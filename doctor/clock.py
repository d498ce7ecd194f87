"""Compares this machine's clock with a server's on the internet."""

from collections.abc import Callable
from datetime import datetime

from doctor.failures import failed
from doctor.findings import Finding, Status
from integrations.errors import IntegrationError
from storage.base import utc_now
from translations import Message
from translations import lazy_gettext as _

MOST_OFF_S = 20
"""Leases and signatures of webhooks hold for a minute or more, and the answer's Date may be some seconds old."""


class ClockPart:
    """The clock. who, server_time: whose clock it is compared with; None: nobody's. It raises IntegrationError."""

    name = "clock"

    def __init__(
        self, who: str, server_time: Callable[[], datetime] | None, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._who, self._server_time, self._clock = who, server_time, clock

    def check(self) -> list[Finding]:
        """Ask once."""
        if self._server_time is None:
            sentence = _("There is no server elsewhere to compare the clock with.")
            return [Finding(self.name, Status.OFF, sentence)]
        began = self._clock()
        try:
            theirs = self._server_time()
        except IntegrationError as error:
            return [self._unknown(failed(self._who, error))]
        now = self._clock()
        off_s = max((began - theirs).total_seconds(), (theirs - now).total_seconds())
        if off_s <= MOST_OFF_S:
            return [Finding(self.name, Status.OK, _("The clock agrees with {who}'s.").format(who=self._who))]
        sentence = (
            _("The clock is {seconds} s ahead of {who}'s.")
            if began > theirs
            else _("The clock is {seconds} s behind {who}'s.")
        )
        advice = _(
            "Set it, and let the system keep it (timedatectl set-ntp true): signatures and leases depend on it."
        )
        return [
            Finding(self.name, Status.FIX, sentence.format(seconds=f"{off_s:.0f}", who=self._who), advice)
        ]

    def _unknown(self, reason: Message) -> Finding:
        sentence = _("The clock could not be compared. {reason}").format(reason=reason)
        return Finding(self.name, Status.FIX, sentence, _("Check the network of this machine."))
