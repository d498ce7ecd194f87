"""Writes what became of a campaign: a CSV file with a line for each recipient."""

import csv
import sys
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from cli.console import Terminal
from cli.exit_codes import ExitCode
from integrations.message_errors import what_to_do
from messaging.campaigns.replies import ANSWERED_WITHIN
from messaging.providers.base import Template
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.reports.campaign_effects import Effect, effects
from storage.reports.campaigns import RecipientRow, first_rows, rows
from translations import lazy_gettext as _
from translations.system_errors import system_reason

COLUMNS = (
    "line", "number", "state", "reason", "status", "code", "meaning", "attempts", "sent_at", "replied_at", "outcome",
    "handed_off_at", "opted_out_at", "answered_by", "seconds",
)  # fmt: skip
"""The same in every language: programs read them. The list's own columns follow."""
_FORMULA = ("=", "-", "@", "+", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def write_report(
    terminal: Terminal, database: Database, campaign: CampaignRecord, zone: ZoneInfo, path: Path
) -> ExitCode:
    """Write the report to a file, or to the terminal where it is "-". zone: of the times."""
    try:
        file: Any = (
            nullcontext(sys.stdout) if str(path) == "-" else path.open("w", encoding="utf-8", newline="")
        )
        with file as out, database.read() as connection:
            first = first_rows(connection, campaign.id, 1)
            names = list(first[0].facts) if first else []
            followed = effects(connection, campaign.id, ANSWERED_WITHIN)
            writer = _Writer(out, names, campaign, zone, terminal.language)
            writer.write(rows(connection, campaign.id), followed)
    except OSError as error:
        terminal.complain(
            _("{path} cannot be written: {reason}.").format(path=path, reason=system_reason(error))
        )
        return ExitCode.NOT_COMPLETED
    return ExitCode.COMPLETED


class _Writer:
    """Writes a report. names: the list's own columns. zone: of the times."""

    def __init__(
        self, out: IO[str], names: list[str], campaign: CampaignRecord, zone: ZoneInfo, language: str
    ) -> None:
        self._csv, self._names = csv.writer(out), names
        self._provider = Template.named(campaign.template).provider
        self._zone, self._language = zone, language

    def write(self, found: Iterable[RecipientRow], followed: Mapping[int, Effect]) -> None:
        self._csv.writerow([*COLUMNS, *map(_harmless, self._names)])
        for row in found:
            self._csv.writerow(self._cells(row, followed.get(row.line, Effect(None, None))))

    def _cells(self, row: RecipientRow, effect: Effect) -> list[object]:
        meaning = what_to_do(self._provider, row.code, self._language) if row.code is not None else None
        return [
            row.line, row.number, row.state, row.reason, row.status or "", row.code or "", meaning or "",
            row.attempts, self._at(row.begun_at), self._at(row.replied_at), _harmless(row.outcome),
            self._at(effect.handed_off_at), self._at(effect.opted_out_at),
            row.answered_by, "" if row.talked_s is None else row.talked_s,
            *(_harmless(row.facts.get(name, "")) for name in self._names),
        ]  # fmt: skip

    def _at(self, time: datetime | None) -> str:
        return "" if time is None else f"{time.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: others have written it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
