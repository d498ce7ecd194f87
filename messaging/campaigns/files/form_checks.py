"""Checks what is filled in for a campaign, apart from its list."""

import re
from collections.abc import Callable, Sequence

from messaging.campaigns.calendar.reminders import RuleError, parse_rule
from messaging.campaigns.files.looked import CheckedForm
from messaging.campaigns.files.problem_messages import rule_sentence, variable_sentence
from messaging.campaigns.files.variables import VariableError, parse_text
from messaging.campaigns.replies import LONGEST as LONGEST_ANSWER
from messaging.campaigns.templates import TemplateDesk
from storage.campaigns import campaigns
from storage.campaigns.campaigns import NewCampaign
from storage.database import Database
from storage.models import CampaignChannel
from translations import Message
from translations import lazy_gettext as _

LONGEST_NAME = 80
_TEMPLATE = re.compile(r"HX[0-9a-fA-F]{32}|[a-z0-9_]{1,512}:[a-z]{2,3}(?:_[A-Z]{2})?")


class FormChecks:
    """Checks forms. missing_for_calls: the settings without which nobody is called."""

    def __init__(
        self, database: Database, templates: TemplateDesk, missing_for_calls: Callable[[], Sequence[str]]
    ) -> None:
        self._database, self._templates, self._missing_for_calls = database, templates, missing_for_calls

    def check(self, new: NewCampaign, *, is_final: bool) -> CheckedForm:
        """Return what is wrong. is_final: a campaign is to be made; else what is not filled in yet is no mistake."""
        found = CheckedForm()
        if new.name or is_final:
            self._check_name(new.name, found)
        if new.channel == CampaignChannel.VOICE:
            self._check_call(new, found, is_final=is_final)
        else:
            self._check_message(new, found, is_final=is_final)
        _check_written(new, found)
        return found

    def _check_name(self, name: str, found: CheckedForm) -> None:
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            found.mistakes.append(
                _("A campaign's name has 1 to {most} characters.").format(most=LONGEST_NAME)
            )
            return
        with self._database.read() as connection:
            is_taken = campaigns.of_name(connection, name) is not None
        if is_taken:
            found.mistakes.append(name_taken(name))

    def _check_call(self, new: NewCampaign, found: CheckedForm, *, is_final: bool) -> None:
        if is_final and not new.goal:
            found.mistakes.append(_("Say what the assistant is to achieve in each call."))
        if missing := self._missing_for_calls():
            words = _("Nobody can be called yet: {settings} is missing in .env.")
            found.notes.append(words.format(settings=", ".join(missing)))

    def _check_message(self, new: NewCampaign, found: CheckedForm, *, is_final: bool) -> None:
        if (new.template and new.text) or (is_final and not (new.template or new.text)):
            found.mistakes.append(_("Give a template or a text, one of the two."))
        if any(len(answer) > LONGEST_ANSWER for answer in new.hand_over):
            found.mistakes.append(_("An answer has at most {most} characters.").format(most=LONGEST_ANSWER))
        if new.template:
            self._check_template(new, found, is_final=is_final)

    def _check_template(self, new: NewCampaign, found: CheckedForm, *, is_final: bool) -> None:
        if not _TEMPLATE.fullmatch(new.template):
            found.mistakes.append(
                _("“{written}” is no template: write Twilio's SID (HX...), or 360dialog's name and language "
                  "(aviso:es).").format(written=new.template)
            )  # fmt: skip
            return
        variables = new.variables or {}
        found.placeholders = tuple(variables)
        template = self._templates.find(new.template, variables, consent=new.consent)
        if template is None:
            found.notes.append(
                _("The provider did not show the words of this template: check that it is written right.")
            )
            return
        problems = template.problems
        found.mistakes += [*problems.wrong, *(problems.missing.values() if is_final else ())]
        found.notes += [*problems.refused, *problems.warnings]
        if (content := template.content) is not None:
            found.words, found.buttons, found.placeholders = (
                content.text,
                content.buttons,
                content.placeholders,
            )


def _check_written(new: NewCampaign, found: CheckedForm) -> None:
    """Note texts and rules whose columns cannot be made out."""
    for text in (new.variables or {}).values() if new.template else (new.text,):
        try:
            parse_text(text)
        except VariableError as error:
            found.mistakes.append(variable_sentence(error))
    if new.remind:
        try:
            parse_rule(new.remind)
        except RuleError as error:
            found.mistakes.append(rule_sentence(error))


def name_taken(name: str) -> Message:
    """Return the sentence for a name that another campaign has."""
    return _("There is a campaign “{name}” already.").format(name=name)
