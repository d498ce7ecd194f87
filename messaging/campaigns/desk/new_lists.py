"""Gives a campaign of reminders its list as it is now, from a file that an operator has chosen."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from messaging.campaigns.calendar.reminders import parse_rule
from messaging.campaigns.files.lists import LEFT_OUT, CallGreeting, Reading, Wording, listed_or_problem
from messaging.campaigns.files.looked import SHOWN, FirstMessage, Looked, Named
from messaging.campaigns.files.problem_messages import file_sentence, line_sentence, variable_sentence
from messaging.campaigns.files.problems import FileError
from messaging.campaigns.files.seeing import NOBODY_LEFT
from messaging.campaigns.files.tables import read_table
from messaging.campaigns.files.variables import VariableError
from messaging.campaigns.list_changes import Changes, ListChanges
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.templates import TemplateDesk
from storage.base import utc_now
from storage.campaigns.campaigns import CampaignRecord


@dataclass(frozen=True, slots=True)
class NewList:
    """A file with a list. number_column: None: it is found by its name."""

    content: bytes
    file_name: str
    number_column: str | None = None


@dataclass
class _Found:
    """What is found while a list is read."""

    mistakes: Named = field(default_factory=Named)
    left_out: Named = field(default_factory=Named)
    first: list[FirstMessage] = field(default_factory=list)
    count: int = 0

    @property
    def looked(self) -> Looked:
        return Looked(
            count=self.count,
            first=self.first,
            mistakes=self.mistakes.sentences,
            more_mistakes=self.mistakes.more,
            left_out=self.left_out.sentences,
            more_left_out=self.left_out.more,
        )


class NewLists:
    """Reads lists, and changes campaigns by them. language, zone, greeting: the profile's."""

    def __init__(
        self,
        changes: ListChanges,
        templates: TemplateDesk,
        language: str,
        zone: ZoneInfo,
        greeting: CallGreeting,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._changes, self._templates, self._clock = changes, templates, clock
        self._language, self._zone, self._greeting = language, zone, greeting

    def take(self, campaign: CampaignRecord, new: NewList) -> tuple[Looked, Changes]:
        """Give a campaign of reminders a list; return what was found of it, and what has changed.

        Nothing is changed where something is wrong with it: what was found names it.
        """
        found, wording = _Found(), self._wording(campaign)
        try:
            listed = list(self._read(campaign, new, wording, found))
        except FileError as error:
            found.mistakes.add(file_sentence(error))
        except VariableError as error:
            found.mistakes.add(variable_sentence(error))
        if not found.mistakes.sentences and not found.count:
            found.mistakes.add(NOBODY_LEFT)
        if found.mistakes.sentences:
            return found.looked, Changes()
        digest = hashlib.sha256(new.content).hexdigest()
        changes = self._changes.apply(campaign.id, listed, file_name=new.file_name, digest=digest)
        return found.looked, changes

    def _wording(self, campaign: CampaignRecord) -> Wording:
        found = None
        if campaign.template:
            found = self._templates.find(campaign.template, campaign.variables, consent=campaign.consent)
        call = self._greeting if campaign.is_by_phone else None
        content = None if found is None else found.content
        return Wording(campaign.template, campaign.text, campaign.variables, call, content)

    def _read(
        self, campaign: CampaignRecord, new: NewList, wording: Wording, found: _Found
    ) -> Iterator[ListedRecipient]:
        """Yield who is on a list, and note whatever is wrong."""
        rule = parse_rule(campaign.remind)
        reading = Reading(self._language, self._zone, self._clock(), new.number_column, rule)
        for one in listed_or_problem(read_table(new.content, new.file_name), wording, reading):
            if isinstance(one, ListedRecipient):
                found.count += 1
                if len(found.first) < SHOWN:
                    found.first.append(FirstMessage(one.line, one.number, one.body, one.due_at))
                yield one
            elif one.problem in LEFT_OUT:
                found.left_out.add(line_sentence(one))
            else:
                found.mistakes.add(line_sentence(one))
