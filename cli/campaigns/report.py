"""Writes what became of a campaign: a CSV file with a line for each recipient."""

import csv
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cli.console import Terminal
from cli.exit_codes import ExitCode
from messaging.campaigns.report import report_lines
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from translations import lazy_gettext as _
from translations.system_errors import system_reason


def write_report(
    terminal: Terminal, database: Database, campaign: CampaignRecord, zone: ZoneInfo, path: Path
) -> ExitCode:
    """Write the report to a file, or to the terminal where it is "-". zone: of the times."""
    try:
        file: Any = (
            nullcontext(sys.stdout) if str(path) == "-" else path.open("w", encoding="utf-8", newline="")
        )
        with file as out:
            csv.writer(out).writerows(report_lines(database, campaign, zone, terminal.language))
    except OSError as error:
        terminal.complain(
            _("{path} cannot be written: {reason}.").format(path=path, reason=system_reason(error))
        )
        return ExitCode.NOT_COMPLETED
    return ExitCode.COMPLETED
