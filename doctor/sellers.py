"""Examines whether the sellers can be told of customers who want a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from doctor.findings import Finding, Status
from integrations.message_errors import provider_of, what_to_do
from phone_numbers import ReachAddress
from storage.database import Database
from storage.queries.offers import LastNotice, last_notices
from translations import Message, current_language
from translations import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class SellerFacts:
    """A seller. is_ever_on_duty: False: no hour of the week is theirs."""

    name: str
    number: ReachAddress
    is_ever_on_duty: bool


@dataclass(frozen=True, slots=True)
class Carrier:
    """The provider that carries notices. has_template: notices go out at any time. template_setting: its name."""

    name: str
    title: str
    has_template: bool
    template_setting: str


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a provider's code means, as a value of a Message."""

    provider: str
    code: int | None

    def __str__(self) -> str:
        return what_to_do(self.provider, self.code, current_language()) or str(self.code or "")


class SellersPart:
    """The sellers. carrier: None: nothing can be sent. ours: our own numbers, which no seller can have."""

    name = "sellers"

    def __init__(
        self,
        sellers: Sequence[SellerFacts],
        carrier: Carrier | None,
        database: Callable[[], Database],
        *,
        ours: frozenset[str],
    ) -> None:
        self._sellers, self._carrier, self._database, self._ours = sellers, carrier, database, ours

    def check(self) -> list[Finding]:
        """Look at the numbers, the provider, and what became of the last notices."""
        if not self._sellers:
            sentence = _("No seller is set: nobody gets a WhatsApp when a customer asks for a person.")
            return [Finding(self.name, Status.OFF, sentence, _("Set VENDEDOR_WHATSAPP to reach somebody."))]
        if self._carrier is None:
            sentence = _("There are sellers, and nothing to write to them with.")
            advice = _(
                "Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_NUMBER, or D360_API_KEY."
            )
            return [Finding(self.name, Status.FIX, sentence, advice)]
        with self._database().read() as connection:
            notices = last_notices(connection, [seller.number for seller in self._sellers])
        found = [
            wrong
            for seller in self._sellers
            if (wrong := self._wrong(seller, notices.get(seller.number), self._carrier)) is not None
        ]
        return [*found, *self._without_template(self._carrier)] or [
            Finding(
                self.name,
                Status.OK,
                _("Every seller can be told, by {title}.").format(title=self._carrier.title),
            )
        ]

    def _wrong(self, seller: SellerFacts, notice: LastNotice | None, carrier: Carrier) -> Finding | None:
        if seller.number in self._ours:
            sentence = _("The number of {name} is the assistant's own: notices would come back.")
            return self._fix(sentence, seller, _("Set the number of a person's phone."))
        if not seller.is_ever_on_duty:
            sentence = _("{name} is never on duty, and is never asked.")
            return self._fix(sentence, seller, _("Change the hours or days in profiles/sellers.toml."))
        if notice is not None and notice.is_lost:
            meaning = _Meaning(provider_of(notice.sid, carrier.name), notice.error_code)
            advice = _(
                "{reason} Have them write to the assistant's number, which also opens the 24-hour window."
            )
            return self._fix(
                _("The last notice did not reach {name}."), seller, advice.format(reason=meaning)
            )
        return None

    def _fix(self, sentence: Message, seller: SellerFacts, advice: Message) -> Finding:
        return Finding(self.name, Status.FIX, sentence.format(name=seller.name), advice)

    def _without_template(self, carrier: Carrier) -> list[Finding]:
        if carrier.has_template:
            return []
        sentence = _(
            "No template is set: a notice only reaches sellers who have written in the last 24 hours."
        )
        advice = _("Have a template approved, and set {setting}: docs/people.md has its text.")
        return [Finding(self.name, Status.FIX, sentence, advice.format(setting=carrier.template_setting))]
