"""Writes what became of a campaign: a CSV file with a line for each recipient."""

import csv
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from cli.console import Terminal
from cli.exit_codes import ExitCode
from integrations.message_errors import what_to_do
from messaging.providers.base import Template
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.reports.campaigns import RecipientRow, first_rows, rows
from translations import lazy_gettext as _
from translations.system_errors import system_reason

COLUMNS = (
    "line", "number", "state", "reason", "status", "code", "meaning", "attempts", "sent_at", "replied_at", "outcome",
    "answered_by", "seconds",
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
            _write(out, rows(connection, campaign.id), names, campaign, zone, terminal.language)
    except OSError as error:
        terminal.complain(
            _("{path} cannot be written: {reason}.").format(path=path, reason=system_reason(error))
        )
        return ExitCode.NOT_COMPLETED
    return ExitCode.COMPLETED


def _write(
    out: IO[str],
    found: Iterable[RecipientRow],
    names: list[str],
    campaign: CampaignRecord,
    zone: ZoneInfo,
    language: str,
) -> None:
    writer = csv.writer(out)
    writer.writerow([*COLUMNS, *map(_harmless, names)])
    provider = Template.named(campaign.template).provider
    for row in found:
        meaning = what_to_do(provider, row.code, language) if row.code is not None else None
        writer.writerow(
            [
                row.line, row.number, row.state, row.reason, row.status or "", row.code or "", meaning or "",
                row.attempts, _at(row.begun_at, zone), _at(row.replied_at, zone), _harmless(row.outcome),
                row.answered_by, "" if row.talked_s is None else row.talked_s,
                *(_harmless(row.facts.get(name, "")) for name in names),
            ]
        )  # fmt: skip


def _at(time: datetime | None, zone: ZoneInfo) -> str:
    return "" if time is None else f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: others have written it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
