"""Makes campaigns of what operators fill in: says what is wrong with it, and what the first people will get.

Nothing is kept until a campaign is made, and then by the same functions as the commands use.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from messaging.campaigns.costs.words import estimate_of
from messaging.campaigns.creation import Creation, NameTakenError, Note, no_note
from messaging.campaigns.files.cells import Progress
from messaging.campaigns.files.filling import filled
from messaging.campaigns.files.form_checks import FormChecks, name_taken
from messaging.campaigns.files.lists import LEFT_OUT, CallGreeting, Reading, Wording, listed_or_problem
from messaging.campaigns.files.looked import CheckedForm, Looked, SeenList
from messaging.campaigns.files.problem_messages import file_sentence, line_sentence
from messaging.campaigns.files.problems import FileError
from messaging.campaigns.files.seeing import NOBODY_LEFT, rule_of, see
from messaging.campaigns.files.tables import read_table
from messaging.campaigns.recipient import ListedRecipient
from phone_numbers import calling_code
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign
from storage.database import Database
from storage.models import CampaignChannel
from translations import Message
from translations import lazy_gettext as _


class _RefusedError(Exception):
    """A list is not kept. sentence: says why."""

    def __init__(self, sentence: Message) -> None:
        super().__init__()
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of making a campaign. campaign_id: None: it was not made, and the others say why."""

    campaign_id: int | None
    checked: CheckedForm
    seen: SeenList


class Drafting:
    """Makes campaigns. language: BCP 47, as lists are written. zone: of their times. greeting: how calls begin.

    prices: of a message or a call, by channel; None: it is not set.
    """

    def __init__(
        self,
        database: Database,
        language: str,
        zone: ZoneInfo,
        checks: FormChecks,
        greeting: CallGreeting,
        prices: Mapping[str, float | None],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._language, self._zone = database, language, zone
        self._checks, self._greeting, self._prices, self._clock = checks, greeting, prices, clock

    def check(self, new: NewCampaign, *, is_final: bool = False) -> CheckedForm:
        """Return what is wrong with a form, apart from its list. is_final: what is not filled in is a mistake too."""
        return self._checks.check(new, is_final=is_final)

    def see(
        self, new: NewCampaign, content: bytes, number_column: str | None, *, progress: Progress | None = None
    ) -> SeenList:
        """Return what is in a list. content: of its file; empty: there is none yet."""
        if not content:
            return SeenList()
        return see(new, content, self._reading(new, number_column), progress)

    def filled(self, new: NewCampaign, checked: CheckedForm, seen: SeenList) -> Looked:
        """Return what a campaign comes to, of what was found before: nobody is asked, and nothing is read."""
        return filled(self._wording(new, checked), checked, seen)

    def look(self, new: NewCampaign, content: bytes, number_column: str | None) -> Looked:
        """Return what is wrong with a campaign that is to be made, and what it will look like; keep nothing.

        What is not filled in yet is no mistake. content: of the list's file; empty: there is none yet.
        """
        return self.filled(new, self.check(new), self.see(new, content, number_column))

    def make(self, new: NewCampaign, content: bytes, number_column: str | None) -> Looked:
        """Keep a campaign, unless something is wrong with it; return its id among what was found."""
        made = self.attempt(new, content, number_column)
        return replace(self.filled(new, made.checked, made.seen), campaign_id=made.campaign_id)

    def attempt(
        self,
        new: NewCampaign,
        content: bytes,
        number_column: str | None,
        *,
        progress: Progress | None = None,
        begun: Note = no_note,
        complete: Note = no_note,
    ) -> Attempt:
        """Keep a campaign, unless something is wrong with it. begun, complete: as of `Creation.create`.

        A list that is kept is read once; one that is refused, again for all that is wrong with it.
        """
        checked, why = self.check(new, is_final=True), None
        if not content:
            checked.mistakes.append(_("Choose the file with the list."))
        if not checked.mistakes:
            kept = replace(new, file_hash=hashlib.sha256(content).hexdigest())
            listed = self._recipients(new, content, number_column, checked, progress)
            try:
                creation = Creation(self._database, self._clock)
                return Attempt(
                    creation.create(kept, listed, begun=begun, complete=complete), checked, SeenList()
                )
            except NameTakenError as error:
                why = name_taken(error.name)
            except FileError as error:
                why = file_sentence(error)
            except _RefusedError as error:
                why = error.sentence
        seen = self.see(new, content, number_column, progress=progress)
        if why is not None and not self.filled(new, checked, seen).mistakes:
            checked.mistakes.append(why)
        return Attempt(None, checked, seen)

    def estimate(self, new: NewCampaign, beginnings: Mapping[str, int]) -> Message | None:
        """Return about what a campaign will cost, and how that is known; None where it is not.

        beginnings: how many people have numbers that begin so.
        """
        waiting = Counter[str]()
        for beginning, count in beginnings.items():
            waiting[calling_code(beginning)] += count
        with self._database.read() as connection:
            return estimate_of(
                connection, waiting, new.channel, new.template,
                setting=self._prices[new.channel], now=self._clock(),
            )  # fmt: skip

    def _wording(self, new: NewCampaign, checked: CheckedForm) -> Wording:
        greeting = self._greeting if new.channel == CampaignChannel.VOICE else None
        return Wording(new.template, new.text, new.variables or {}, greeting, checked.content)

    def _reading(self, new: NewCampaign, number_column: str | None) -> Reading:
        return Reading(self._language, self._zone, self._clock(), number_column, rule_of(new))

    def _recipients(
        self,
        new: NewCampaign,
        content: bytes,
        number_column: str | None,
        checked: CheckedForm,
        progress: Progress | None,
    ) -> Iterator[ListedRecipient]:
        """Yield who is on a list. Raises _RefusedError, and FileError."""
        table, is_empty = read_table(content, new.file_name), True
        wording, reading = self._wording(new, checked), self._reading(new, number_column)
        for one in listed_or_problem(table, wording, reading, progress):
            if isinstance(one, ListedRecipient):
                is_empty = False
                yield one
            elif one.problem not in LEFT_OUT:
                raise _RefusedError(line_sentence(one))
        if is_empty:
            raise _RefusedError(NOBODY_LEFT)
