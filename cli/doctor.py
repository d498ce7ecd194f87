"""`flask --app app doctor`: say what works, what is wrong and what is off, and mend what can be mended."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from cli.console import Terminal
from cli.exit_codes import ExitCode
from doctor.address import AddressPart
from doctor.failures import failed
from doctor.findings import Finding, Status
from doctor.labels import STATUSES, part_label
from doctor.parts import Fix
from doctor.runner import Doctor, apply, will_calls_work
from integrations.errors import IntegrationError
from observability.logging import log_warnings_only
from translations import Message, in_language
from translations import lazy_gettext as _


def doctor_command(terminal: Terminal, doctor: Callable[[], Doctor]) -> click.Command:
    """Return the command. doctor: called when it runs."""

    def run(fix: bool, replace: bool, as_json: bool) -> None:
        log_warnings_only()
        if not as_json:
            terminal.complain(_("Looking at everything; this takes 30 seconds at most ..."))
        examination = _Examination(
            terminal, doctor(), replaces=replace, asks=not as_json and sys.stdin.isatty()
        )
        findings = examination.mended() if fix or replace else examination.look()
        if as_json:
            click.echo(examination.as_json(findings))
        else:
            examination.show(findings)
        works = will_calls_work(findings)
        click.get_current_context().exit(ExitCode.COMPLETED if works else ExitCode.NOT_COMPLETED)

    say = terminal.translate
    return click.Command(
        "doctor",
        callback=run,
        params=[
            click.Option(
                ["--fix"],
                is_flag=True,
                help=say(_("Mend what can be mended, after showing what stands there.")),
            ),
            click.Option(
                ["--replace"],
                is_flag=True,
                help=say(_("Like --fix, and replace what somebody else has set as well.")),
            ),
            click.Option(
                ["--json", "as_json"], is_flag=True, help=say(_("Print it as JSON, and ask nothing."))
            ),
        ],
        help=say(
            _(
                "Examine settings, model, Twilio, public address, database, worker and machine: what works, what is "
                "wrong and what to do about it. The model is asked something short, which costs a few thousand tokens."
            )
        ),
        epilog=say(_("\b\nExit codes:\n  0    calls will work\n  1    calls will not work\n")),
    )


class _Examination:
    """One run of the command. asks: before each fix."""

    def __init__(self, terminal: Terminal, doctor: Doctor, *, replaces: bool, asks: bool) -> None:
        self._terminal, self._doctor, self._replaces, self._asks = terminal, doctor, replaces, asks
        self._said_of_fixes: list[dict[str, Any]] = []

    def look(self) -> list[Finding]:
        return self._doctor.look()

    def mended(self) -> list[Finding]:
        """Apply what the findings name, and return them with what was found anew of the parts that were mended."""
        findings = self.look()
        try:
            fixes = self._doctor.fixes_for(findings)
        except IntegrationError as error:
            self._terminal.complain(failed(_("The service"), error))
            return findings
        if fixes:
            self._warn_of_address(findings)
        mended = {fix.name for fix in fixes if self._apply(fix)}
        parts = {finding.part for finding in findings if finding.fix in mended}
        if not parts:
            return findings
        anew = self._doctor.look(parts)
        kept = [finding for finding in findings if finding.part not in parts]
        order = list(dict.fromkeys(finding.part for finding in findings))
        return sorted([*kept, *anew], key=lambda finding: order.index(finding.part))

    def _warn_of_address(self, findings: Sequence[Finding]) -> None:
        """Say whether this server was not reached at the address to which fixes lead, before they are made."""
        unreached = [
            found for found in findings if found.part == AddressPart.name and found.status is Status.FIX
        ]
        if unreached:
            say = self._terminal.translate
            self._terminal.complain(
                _("The changes lead to an address of which this was found: {sentence}").format(
                    sentence=" ".join(say(found.sentence) for found in unreached)
                )
            )

    def show(self, findings: Sequence[Finding]) -> None:
        """Print a line for each finding, and what to do below it."""
        say = self._terminal.translate
        words = {status: say(name) for status, name in STATUSES.items()}
        with in_language(self._terminal.language):
            labels = {finding.part: part_label(finding.part) for finding in findings}
        status_width, part_width = (max(map(len, names.values()), default=0) for names in (words, labels))
        for finding in findings:
            start = f"{words[finding.status]:{status_width}}  {labels[finding.part]:{part_width}}"
            self._terminal.say(f"{start}  {say(finding.sentence)}")
            if finding.advice is not None:
                self._terminal.say(f"{'':{len(start)}}  → {say(finding.advice)}")
        self._terminal.say("")
        self._terminal.say(self._summary(findings))
        for command in self._commands_that_mend(findings):
            self._terminal.say(command)

    def as_json(self, findings: Sequence[Finding]) -> str:
        """Return the findings as JSON, in the reader's language."""
        say = self._terminal.translate
        lines = [
            {
                "part": finding.part,
                "status": finding.status,
                "sentence": say(finding.sentence),
                "advice": None if finding.advice is None else say(finding.advice),
                "fix": finding.fix,
                "stops_calls": finding.stops_calls,
            }
            for finding in findings
        ]
        whole = {"calls_work": will_calls_work(findings), "findings": lines, "fixes": self._said_of_fixes}
        return json.dumps(whole, ensure_ascii=False, indent=2)

    def _commands_that_mend(self, findings: Sequence[Finding]) -> Iterator[Message]:
        """Yield a sentence for each command that would mend more than this run of it."""
        takes_replace = {finding.takes_replace for finding in findings if finding.fix is not None}
        if False in takes_replace and not self._said_of_fixes:
            yield _("flask --app app doctor --fix mends some of it, and shows first what stands there.")
        if True in takes_replace and not self._replaces:
            yield _(
                "flask --app app doctor --replace replaces what somebody else has set as well, and shows it first."
            )

    def _summary(self, findings: Sequence[Finding]) -> Message:
        stopping = dict.fromkeys(finding.part for finding in findings if finding.stops_calls)
        if not stopping:
            return self._doctor.good_news
        with in_language(self._terminal.language):
            names = ", ".join(map(part_label, stopping))
        return _("Calls will not work before this is right: {parts}.").format(parts=names)

    def _apply(self, fix: Fix) -> bool:
        """Show a fix, and make it if that is wanted; return whether it was made."""
        # To stderr: stdout is for the findings.
        say, complain = self._terminal.translate, self._terminal.complain
        said = {
            "name": fix.name,
            "stands": say(fix.what_stands_now),
            "would_stand": say(fix.what_would_stand),
        }
        self._said_of_fixes.append(said | {"applied": False})
        complain(_("Now:   {stands}").format(stands=fix.what_stands_now))
        complain(_("Then:  {stands}").format(stands=fix.what_would_stand))
        if fix.needs_replace and not self._replaces:
            complain(_("Not changed: somebody else has set it. Repeat with --replace to replace it."))
            return False
        if self._asks and not click.confirm(say(_("Make this change?")), default=True):
            return False
        try:
            apply(fix, replace=self._replaces)
        except IntegrationError as error:
            complain(failed(fix.service, error))
            return False
        self._said_of_fixes[-1]["applied"] = True
        return True
