"""Describes the three webhooks of a number, or of an application, beside this server's, and the changes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from doctor.failures import NOT_KEPT
from doctor.findings import Finding, Status
from doctor.parts import Fix
from doctor.twilio.webhooks import Comparison, NumberWebhooks, shown
from integrations.errors import IntegrationError
from integrations.twilio.setup import Webhook
from translations import Message
from translations import lazy_gettext as _

SET = "twilio-webhooks"
REPLACE = "twilio-webhooks-replace"


@dataclass(frozen=True, slots=True)
class Place:
    """Where webhooks are entered: a page of Twilio's console, and its fields, named so in every language."""

    where: str
    voice: str
    fallback: str
    status: str


NUMBERS = Place(
    "https://console.twilio.com: Phone Numbers, Manage, Active numbers",
    "A call comes in",
    "Primary handler fails",
    "Call status changes",
)
APPLICATIONS = Place(
    "https://console.twilio.com: Voice, Manage, TwiML apps",
    "Request URL",
    "Fallback URL",
    "Status Callback URL",
)

_UNSET = _("not set")
_STANDS = _("“{voice_field}”: {voice}. “{fallback_field}”: {fallback}. “{status_field}”: {status}.")
_STANDS_BEHIND = _("Calls are answered by {who}. {webhooks}")


class Standing(Protocol):
    """What has webhooks at Twilio."""

    @property
    def voice(self) -> Webhook:
        """Answers calls."""

    @property
    def fallback(self) -> Webhook:
        """Answers where a request to that fails."""

    @property
    def status(self) -> Webhook:
        """Is told of the end of calls."""


class VoiceWebhooks:
    """Webhooks as they stand, beside ours.

    part: the part's name. number: whose calls they answer.
    """

    def __init__(self, part: str, number: str, place: Place, stands: Standing, ours: NumberWebhooks) -> None:
        self._part, self._number, self._place = part, number, place
        self._slots = {
            "voice": Comparison(stands.voice, ours.voice),
            "fallback": Comparison(stands.fallback, ours.fallback, may_be_bin=True),
            "status": Comparison(stands.status, ours.status),
        }

    @property
    def wrong(self) -> set[str]:
        """The names of those that are to be changed."""
        return {name for name, slot in self._slots.items() if not slot.is_right}

    @property
    def safe(self) -> set[str]:
        """The names of those that are to be changed and that nobody else has set."""
        return {name for name in self.wrong if not self._slots[name].is_foreign}

    @property
    def are_ours(self) -> bool:
        """Whether all three are this server's, and right."""
        return not self.wrong and all(slot.is_ours for slot in self._slots.values())

    def lines(self) -> list[Finding]:
        """Return a line for each."""
        place = self._place
        return [
            self._voice(self._slots["voice"]),
            self._other(self._slots["fallback"], place.fallback, _NO_FALLBACK, _FALLBACK_ELSEWHERE),
            self._other(self._slots["status"], place.status, _NO_STATUS, _STATUS_ELSEWHERE),
        ]

    def fix(
        self,
        name: str,
        changed: set[str],
        set_them: Callable[[dict[str, Webhook]], Standing],
        *,
        behind: str = "",
        then_behind: str = "",
    ) -> Fix:
        """Return the change of some of them.

        set_them: sets webhooks by their names, and returns what stands then. behind, then_behind: what answers calls
        in their place, before and after; empty if nothing does.
        """
        wanted = {slot: self._slots[slot].wanted for slot in changed}
        now = {slot: comparison.stands for slot, comparison in self._slots.items()}

        def apply() -> None:
            stands = set_them(wanted)
            if not all(
                Comparison(getattr(stands, slot), webhook).is_right for slot, webhook in wanted.items()
            ):
                raise not_kept()

        return Fix(
            name,
            "Twilio",
            self._stands(now, behind),
            self._stands(now | wanted, then_behind),
            needs_replace=name == REPLACE,
            apply=apply,
        )

    def _voice(self, slot: Comparison) -> Finding:
        values = {"number": self._number, "url": shown(slot.stands.url)}
        if slot.is_ours:
            return self._ours_but(slot, _("A call to {number} comes to this server."))
        fix = SET
        if slot.is_unset:
            sentence = _("No webhook answers a call to {number}.")
        elif slot.is_foreign:
            sentence, fix = _("A call to {number} goes to {url}, and not to this server."), REPLACE
        else:
            sentence = _("A call to {number} goes to {url}, where this server answers no calls.")
        advice = self._set_it(self._place.voice, slot)
        return Finding(
            self._part,
            Status.FIX,
            sentence.format(**values),
            advice,
            fix,
            stops_calls=True,
            takes_replace=slot.is_foreign,
        )

    def _other(self, slot: Comparison, field: str, unset: Message, elsewhere: Message) -> Finding:
        if slot.is_ours:
            return self._ours_but(slot, _("“{field}” of {number} is this server's.").format(field=field))
        sentence = unset if slot.is_unset else elsewhere
        sentence = sentence.format(number=self._number, url=shown(slot.stands.url))
        if slot.is_right:
            return Finding(self._part, Status.OK, sentence)
        fix = REPLACE if slot.is_foreign else SET
        advice = self._set_it(field, slot)
        return Finding(self._part, Status.FIX, sentence, advice, fix, takes_replace=slot.is_foreign)

    def _ours_but(self, slot: Comparison, fine: Message) -> Finding:
        """Return the line about a webhook at our address: its method and what repeats it may be missing."""
        values = {"number": self._number, "url": shown(slot.stands.url)}
        if slot.is_right:
            return Finding(self._part, Status.OK, fine.format(**values))
        sentence = _("Twilio does not quickly repeat a request to {url} that fails.")
        if slot.stands.method != slot.ours.method:
            sentence = _("Twilio asks {url} by HTTP GET, which puts what callers say into addresses.")
        advice = _("Set it to {url}, HTTP POST ({where}).")
        advice = advice.format(url=shown(slot.wanted.url), where=self._place.where)
        return Finding(self._part, Status.FIX, sentence.format(**values), advice, fix=SET)

    def _set_it(self, field: str, slot: Comparison) -> Message:
        advice = _("Set “{field}” to {url}, HTTP POST ({where}).")
        return advice.format(field=field, url=shown(slot.wanted.url), where=self._place.where)

    def _stands(self, webhooks: dict[str, Webhook], behind: str) -> Message:
        told = {
            slot: f"{shown(webhook.url)} ({webhook.method})" if webhook.url else _UNSET
            for slot, webhook in webhooks.items()
        }
        place = self._place
        stands = _STANDS.format(
            voice_field=place.voice, fallback_field=place.fallback, status_field=place.status, **told
        )
        return _STANDS_BEHIND.format(who=behind, webhooks=stands) if behind else stands


def not_kept() -> IntegrationError:
    """Return the error of a Twilio that took a change and shows something else."""
    return IntegrationError("Twilio took the webhooks and shows others", permanent=False, code=NOT_KEPT)


_NO_FALLBACK = _("No fallback is set for {number}: a call ends where a request to this server fails.")
_FALLBACK_ELSEWHERE = _("Where a request to this server fails, a call to {number} goes to {url}.")
_NO_STATUS = _("The end of a call to {number} is not reported: it is noticed up to twenty minutes later.")
_STATUS_ELSEWHERE = _(
    "The end of a call to {number} is reported to {url}, and noticed here up to twenty minutes later."
)
