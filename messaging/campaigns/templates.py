"""Says what is wrong with a campaign's template: WhatsApp does not send it, or it lacks a value for a placeholder.

How that is mended is said by whoever asks: the commands have options for it, the dashboard has fields.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.errors import IntegrationError
from integrations.whatsapp_templates import APPROVED, MARKETING, Approval, TemplateContent
from messaging.providers.base import Template
from messaging.providers.templates import Templates
from translations import Message, lazy_gettext, lazy_pgettext

_APPROVALS: Mapping[str, Message] = {
    "pending": lazy_gettext("WhatsApp has not yet approved the template."),
    "received": lazy_gettext("WhatsApp has not yet approved the template."),
    "unsubmitted": lazy_gettext("The template was not submitted to WhatsApp."),
    "rejected": lazy_gettext("WhatsApp has rejected the template: {reason}."),
    "paused": lazy_gettext("WhatsApp has paused the template: people reported or blocked it."),
    "disabled": lazy_gettext("WhatsApp has disabled the template: people reported or blocked it."),
}
_ANY_OTHER = lazy_gettext("The template cannot be sent: its state is {status}.")
CATEGORIES: Mapping[str, Message] = {
    "marketing": lazy_pgettext("a template", "marketing"),
    "utility": lazy_pgettext("a template", "utility"),
    "authentication": lazy_pgettext("a template", "authentication"),
}


@dataclass(frozen=True, slots=True)
class TemplateProblems:
    """What is wrong. refused: WhatsApp does not send it at all, at least outside the 24 hours. wrong: what the campaign
    has to change. missing: the same of each placeholder that has no value. warnings: what is to be considered.
    lacks_consent: among the warnings is that nobody knows where the people's consent comes from.
    """

    refused: Sequence[Message] = ()
    wrong: Sequence[Message] = ()
    missing: Mapping[str, Message] = field(default_factory=dict)
    warnings: Sequence[Message] = ()
    lacks_consent: bool = False

    def against_beginning(self, *, try_anyway: bool) -> list[Message]:
        """Return why a campaign is not begun. try_anyway: it is, with a template that WhatsApp may refuse."""
        return [*(() if try_anyway else self.refused), *self.missing.values(), *self.wrong]


@dataclass(frozen=True, slots=True)
class FoundTemplate:
    """A template as its provider has it. content: None: it has no such template."""

    content: TemplateContent | None
    problems: TemplateProblems


class TemplateDesk:
    """Asks the providers for campaigns' templates."""

    def __init__(self, templates: Callable[[], Templates]) -> None:
        self._templates = templates

    def find(self, name: str, variables: Collection[str], *, consent: str) -> FoundTemplate | None:
        """Return a template with its problems; None if its provider is not set up, or does not answer."""
        template, templates = Template.named(name), self._templates()
        if not templates.has_provider_of(template):
            return None
        try:
            content = templates.content(template)
        except IntegrationError:
            return None
        return FoundTemplate(content, problems_of(template, content, variables, consent=consent))


def problems_of(
    template: Template, content: TemplateContent | None, variables: Collection[str], *, consent: str
) -> TemplateProblems:
    """Return what is wrong with a template. content: None: its provider has no such template.

    variables: the names of those that the campaign fills. consent: where the people's consent comes from.
    """
    if content is None:
        return TemplateProblems(wrong=[_GONE.format(template=str(template))])
    refused = [] if content.approval.status == APPROVED else [_approval(content.approval)]
    missing = {name: _MISSING.format(name=name) for name in content.placeholders if name not in variables}
    wrong = [_UNFILLED[place] for place in content.unfilled]
    warnings = [_UNKNOWN.format(name=name) for name in variables if name not in content.placeholders]
    lacks_consent = content.approval.category == MARKETING and not consent
    if lacks_consent:
        warnings.append(_CONSENT)
    return TemplateProblems(refused, wrong, missing, warnings, lacks_consent)


def _approval(approval: Approval) -> Message:
    sentence = _APPROVALS.get(approval.status, _ANY_OTHER)
    return sentence.format(reason=approval.reason or "-", status=approval.status or "-")


_GONE = lazy_gettext("There is no template {template}: copy its name again from where it was made.")
_MISSING = lazy_gettext("The template has the variable {name}, for which the campaign has no value.")
_UNKNOWN = lazy_gettext("The template has no variable {name}: its value is not shown anywhere.")
_UNFILLED: Mapping[str, Message] = {
    "header": lazy_gettext(
        "The template's header has a file or a variable, which this program does not fill: use one without."
    ),
    "buttons": lazy_gettext(
        "A button of the template has a variable, which this program does not fill: use a template without."
    ),
}
_CONSENT = lazy_gettext(
    "This template is marketing, and it is not noted where the people's consent comes from: whoever has not agreed may "
    "report you, and WhatsApp then pauses the template."
)
