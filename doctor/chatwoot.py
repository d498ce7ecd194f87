"""Examines the connection to Chatwoot, in both directions."""

from collections.abc import Callable

from doctor.chatwoot_advice import advice_for
from doctor.findings import Finding, Status
from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.setup_check import Findings
from storage.database import Database
from storage.queries import helpdesk, helpdesk_events
from translations import lazy_gettext as _


class ChatwootPart:
    """Chatwoot. client: None if it is off.

    webhook_url: ours; None without a public address. is_signed: its webhooks can be told, by their secret.
    """

    name = "chatwoot"

    def __init__(
        self,
        client: Chatwoot | None,
        database: Callable[[], Database],
        *,
        webhook_url: str | None,
        is_signed: bool,
    ) -> None:
        self._client, self._database = client, database
        self._webhook_url, self._is_signed = webhook_url, is_signed

    def check(self) -> list[Finding]:
        """Ask Chatwoot, and see if it has told us anything."""
        if self._client is None:
            sentence = _("Chatwoot is off: with it operators see conversations there and take them over.")
            advice = _("Set CHATWOOT_ENABLED=true, CHATWOOT_URL and CHATWOOT_INBOX_ID.")
            return [Finding(self.name, Status.OFF, sentence, advice)]
        with self._database().read() as connection:
            source_id, told_at = helpdesk.any_source(connection), helpdesk_events.last_webhook_at(connection)
        found = self._client.check(source_id)
        wrong = [Finding(self.name, Status.FIX, advice_for(problem)) for problem in found.problems]
        return [*(wrong or [self._fine(found)]), *self._back(has_told=told_at is not None)]

    def _fine(self, found: Findings) -> Finding:
        inbox = found.inbox.name if found.inbox is not None else ""
        sentence = _("Conversations are shown in Chatwoot's inbox “{inbox}”.").format(inbox=inbox)
        return Finding(self.name, Status.OK, sentence)

    def _back(self, *, has_told: bool) -> list[Finding]:
        if not self._is_signed:
            sentence = _(
                "CHATWOOT_WEBHOOK_SECRET is not set: what is written in Chatwoot does not reach the customer."
            )
            advice = _("Copy it from the inbox's settings (Settings, Inboxes, Configuration).")
            return [Finding(self.name, Status.FIX, sentence, advice)]
        if has_told:
            return []
        sentence = _("Nothing of an operator's has come in from Chatwoot yet.")
        if self._webhook_url is None:
            return [
                Finding(
                    self.name, Status.FIX, sentence, _("Set WEBHOOK_URL, and the inbox's webhook URL to it.")
                )
            ]
        advice = _("The inbox's webhook URL must be {url}.").format(url=self._webhook_url)
        return [Finding(self.name, Status.OK, sentence, advice)]
