"""Shows a campaign's template as its provider has it, and what is wrong with it."""

from dataclasses import dataclass

from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.following import explain
from integrations.errors import IntegrationError
from integrations.message_errors import what_to_do
from integrations.whatsapp_templates import TemplateContent
from messaging.campaigns.templates import CATEGORIES, TemplateProblems, problems_of
from messaging.providers.base import DIALOG360, Template
from messaging.providers.templates import Templates
from storage.campaigns.campaigns import CampaignRecord
from translations import lazy_gettext as _

_NOTHING = TemplateProblems()
_MAKE_AGAIN = _("Make the campaign again with {options}.")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found of a campaign's template. content: None: there is none, or nobody said. outcome: for scripts."""

    content: TemplateContent | None
    problems: TemplateProblems
    outcome: ExitCode


def look_at_template(terminal: Terminal, templates: Templates, campaign: CampaignRecord) -> Looked:
    """Ask for a campaign's template, and say what is wrong with it."""
    if not campaign.template:
        return Looked(None, _NOTHING, ExitCode.COMPLETED)
    template = Template.named(campaign.template)
    title = "360dialog" if template.provider == DIALOG360 else "Twilio"
    if not templates.has_provider_of(template):
        terminal.complain(
            _("{name} is not set up: the template's own words are not known.").format(name=title)
        )
        return Looked(None, _NOTHING, ExitCode.WRONG_INPUT)
    try:
        content = templates.content(template)
    except IntegrationError as error:
        terminal.complain(
            _("The template's own words are not known, as {name} does not tell them:").format(name=title)
        )
        outcome = explain(
            terminal, error, title, lambda code, language: what_to_do(template.provider, code, language)
        )
        return Looked(None, _NOTHING, outcome)
    problems = problems_of(template, content, campaign.variables, consent=campaign.consent)
    for problem in (*problems.against_beginning(try_anyway=False), *problems.warnings):
        terminal.complain(problem)
    if options := _options(problems):
        terminal.complain(_MAKE_AGAIN.format(options=options))
    outcome = ExitCode.COMPLETED
    if problems.against_beginning(try_anyway=True):
        outcome = ExitCode.WRONG_INPUT
    elif problems.refused:
        outcome = ExitCode.REFUSED
    return Looked(content, problems, outcome)


def _options(problems: TemplateProblems) -> str:
    """Return the options of `campaign create` that mend what is wrong."""
    options = [f"--var {name}=..." for name in problems.missing]
    return " ".join([*options, "--consent ..."] if problems.lacks_consent else options)


def may_run(terminal: Terminal, templates: Templates, campaign: CampaignRecord) -> ExitCode | None:
    """Return None if a campaign's template may be sent, as far as its provider tells; else the exit code."""
    looked = look_at_template(terminal, templates, campaign)
    if looked.problems.against_beginning(try_anyway=campaign.try_anyway):
        terminal.complain(_("Nobody was written to."))
        return looked.outcome
    return None


def print_template(terminal: Terminal, campaign: CampaignRecord, content: TemplateContent) -> None:
    """Print a template's category and approval."""
    category = CATEGORIES.get(content.approval.category)
    words = _("Template {template}: {category}, {status}.").format(
        template=campaign.template,
        category=terminal.translate(category) if category else content.approval.category or "-",
        status=content.approval.status or "-",
    )
    terminal.say(words)
