"""Checks that calls are processed in the Twilio region that is set."""

from doctor.findings import Finding, Status
from doctor.twilio.errors import errors_as_lines
from integrations.twilio.setup import HOME_REGION, TwilioSetup
from translations import lazy_gettext as _

EDGES = {"ie1": "dublin", "au1": "sydney", "jp1": "tokyo", "us1": "ashburn"}


class TwilioRegionPart:
    """The region in which calls to the number are processed.

    setup: None without credentials. region: TWILIO_REGION.
    """

    name = "twilio-region"

    def __init__(self, setup: TwilioSetup | None, number: str | None, region: str | None) -> None:
        self._setup, self._number, self._region = setup, number, region

    @errors_as_lines
    def check(self) -> list[Finding]:
        """Compare the number's region with the settings."""
        if self._setup is None or self._number is None:
            return [Finding(self.name, Status.OFF, _("Without a number and credentials there is no region."))]
        ours, theirs = self._region or HOME_REGION, self._setup.voice_region(self._number)
        if ours == theirs:
            sentence = _("Calls to {number} are processed in {region}, which this server asks.")
            return [Finding(self.name, Status.OK, sentence.format(number=self._number, region=ours))]
        sentence = _("Calls to {number} are processed in {theirs}, and this server asks {ours}.")
        advice = _(
            "Set TWILIO_REGION={theirs}, TWILIO_EDGE={edge} and that region's TWILIO_AUTH_TOKEN, or route the number "
            "to {ours} (its Regional tab at https://console.twilio.com)."
        )
        values = {"ours": ours, "theirs": theirs, "edge": EDGES.get(theirs, "...")}
        return [
            Finding(
                self.name, Status.FIX, sentence.format(number=self._number, **values), advice.format(**values)
            )
        ]
