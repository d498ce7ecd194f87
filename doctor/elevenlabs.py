"""Examines what ElevenLabs needs of this server: the secret of its webhooks and the key of the handoff API."""

from collections.abc import Callable

from doctor.findings import Finding, Status
from storage.database import Database
from storage.queries.post_calls import last_call_at
from translations import lazy_gettext as _


class ElevenLabsPart:
    """ElevenLabs. has_secret: its webhooks can be told. is_api_open: handoffs can be asked for from outside.

    webhook_url: ours; None without a public address.
    """

    name = "elevenlabs"

    def __init__(
        self,
        database: Callable[[], Database],
        *,
        webhook_url: str | None,
        has_secret: bool,
        is_api_open: bool,
    ) -> None:
        self._database, self._webhook_url = database, webhook_url
        self._has_secret, self._is_api_open = has_secret, is_api_open

    def check(self) -> list[Finding]:
        """See what is set, and if a call has ever been reported."""
        if not self._has_secret:
            sentence = _("ElevenLabs is off: with it calls that its agent held are kept and shown here.")
            advice = _("Set ELEVENLABS_WEBHOOK_SECRET to that of its post-call webhook.")
            return [Finding(self.name, Status.OFF, sentence, advice), *self._api()]
        if self._webhook_url is None:
            sentence = _("WEBHOOK_URL is not set: ElevenLabs' webhooks do not arrive.")
            return [Finding(self.name, Status.FIX, sentence, _("Set WEBHOOK_URL and restart.")), *self._api()]
        with self._database().read() as connection:
            reported_at = last_call_at(connection)
        advice = _("Its post-call webhook must go to {url}.").format(url=self._webhook_url)
        if reported_at is None:
            nothing = _("ElevenLabs has not reported a call yet.")
            return [Finding(self.name, Status.OK, nothing, advice), *self._api()]
        reported = _("The last call that ElevenLabs reported began on {time} UTC.")
        time = f"{reported_at:%Y-%m-%d %H:%M}"
        return [Finding(self.name, Status.OK, reported.format(time=time)), *self._api()]

    def _api(self) -> list[Finding]:
        if self._is_api_open or not self._has_secret:
            return []
        sentence = _("HANDOFF_API_KEY is not set: an agent of ElevenLabs cannot ask for a person.")
        advice = _("Set it, and send it with the agent's tool: docs/people.md says how.")
        return [Finding(self.name, Status.FIX, sentence, advice)]
