"""Examines a language model by asking it something short with the real instructions."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from conversation.models.beginning import Beginning
from doctor.failures import failed
from doctor.findings import Finding, Status
from doctor.model.first_word import FirstWord, Measured
from integrations.errors import IntegrationError
from integrations.language_model import LanguageModel, Usage
from integrations.offline.model import OfflineModel
from translations import Message
from translations import lazy_gettext as _
from translations.numbers import Number

SLOW_S = 2.0
"""Callers wait for as long before they hear a filler."""

_MEASURED = _(
    "{model} answers: first word after {cold} s, and after {warm} s once it had read the instructions."
)
_MEASURED_OWN = _(
    "{model} answers: first word after {warm} s, asked as calls ask; after some {cold} s where its server has not read "
    "the instructions before."
)
_ADVICE: dict[int | str, Message] = {
    401: _("Set OPENAI_API_KEY to a key of this server, and restart."),
    403: _("Give the key's project access to this model, or set OPENAI_MODEL to another one."),
    429: _("Wait, or raise the limits of the account."),
    "insufficient_quota": _("Add credit at the provider, or set a key of an account that has some."),
    "connection": _("Check OPENAI_BASE_URL, the network, and that the model's server is running."),
    "timeout": _("Use a quicker model or machine; docs/costs.md says what is usual."),
}
_UNKNOWN_MODEL = _(
    "Set {setting} to a model of this server, and check OPENAI_BASE_URL, which mostly ends in /v1."
)
_DID_YOU_MEAN = _("Set {setting} to a model of this server: did you mean {near}?")


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a million tokens that are read and that are written."""

    read: float
    written: float


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """The part's name, the setting that names the model, and whether no other model answers when it fails."""

    name: str
    setting: str
    is_needed: bool


class ModelPart:
    """A language model. The real, short requests to it cost a few thousand tokens.

    beginning: of a call's prompt. is_own: its server is not OpenAI's. known_models: the names that its server has;
    raises IntegrationError. price: None if it is not set. clock: seconds.
    """

    def __init__(
        self,
        place: ModelPlace,
        model: LanguageModel,
        beginning: Callable[[], Beginning],
        *,
        is_own: bool,
        known_models: Callable[[], Sequence[str]],
        price: Price | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self._place, self._model = place.name, place, model
        self._beginning, self._is_own = beginning, is_own
        self._first_word = FirstWord(model, clock)
        self._known_models, self._price = known_models, price

    def check(self) -> list[Finding]:
        """Measure the time to the first word, with instructions that the server has read before and has not."""
        if isinstance(self._model, OfflineModel):
            sentence = _(
                "No model is set: the demonstration model answers, with what the profile says and no more."
            )
            advice = _("Set OPENAI_API_KEY; or OPENAI_BASE_URL for a model of your own.")
            return [Finding(self.name, Status.OFF, sentence, advice)]
        measure = self._first_word.measure_own if self._is_own else self._first_word.measure
        try:
            measured = measure(self._beginning())
        except IntegrationError as error:
            return [self._wrong(failed(self._model.name, error), self._advice(error))]
        if measured is None:
            sentence = _("{model} answers without words.").format(model=self._model.name)
            return [
                self._wrong(
                    sentence, _("Set {setting} to another model.").format(setting=self._place.setting)
                )
            ]
        return [self._told(measured)]

    def _told(self, measured: Measured) -> Finding:
        sentence = _MEASURED_OWN if self._is_own else _MEASURED
        said = _("{sentence} {cost}").format(
            sentence=sentence.format(
                model=self._model.name,
                cold=Number(f"{measured.cold_s:.1f}"),
                warm=Number(f"{measured.warm_s:.1f}"),
            ),
            cost=self._cost(measured.usages),
        )
        if measured.warm_s <= SLOW_S:
            return Finding(self.name, Status.OK, said)
        advice = _("Callers wait that long for each answer: prefer a model that begins within a second.")
        return Finding(self.name, Status.FIX, said, advice)

    def _cost(self, usages: Sequence[Usage]) -> Message:
        if not usages:
            return _("The server counts no tokens.")
        read, written = (
            sum(usage.prompt_tokens for usage in usages),
            sum(usage.completion_tokens for usage in usages),
        )
        tokens = {"read": Number(f"{read:,}"), "written": Number(f"{written:,}")}
        if self._price is None:
            return _("This check cost {read} tokens read and {written} written.").format(**tokens)
        cost = (read * self._price.read + written * self._price.written) / 1e6
        return _("This check cost {cost}: {read} tokens read and {written} written.").format(
            cost=Number(f"{cost:.4f}"), **tokens
        )

    def _advice(self, error: IntegrationError) -> Message | None:
        if error.status == 404:
            return self._other_model()
        return _ADVICE.get(error.code or "") or _ADVICE.get(error.status or 0)

    def _other_model(self) -> Message:
        try:
            known = self._known_models()
        except IntegrationError:
            known = []  # many servers have no list, and then nothing is known
        near = get_close_matches(self._model.name, known, 1)
        if not near:
            return _UNKNOWN_MODEL.format(setting=self._place.setting)
        return _DID_YOU_MEAN.format(setting=self._place.setting, near=near[0])

    def _wrong(self, sentence: Message, advice: Message | None) -> Finding:
        return Finding(self.name, Status.FIX, sentence, advice, stops_calls=self._place.is_needed)
