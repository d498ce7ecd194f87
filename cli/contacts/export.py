"""Writes everything that the database holds about a person as JSON."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cli.console import Terminal
from storage.database import Database
from storage.privacy.tables import LINKS, rows_of
from translations import lazy_gettext as _


def exported(terminal: Terminal, database: Database, contact_ids: Sequence[int]) -> str:
    """Return the JSON: an object with the rows of each table."""
    with database.read() as connection:
        tables = {name: rows_of(connection, name, contact_ids) for name in LINKS}
    about = terminal.translate(
        _(
            "Photos, voice notes and files are links (attachments.url): the files themselves are at Twilio or "
            "360dialog, and are downloaded from there with the account's credentials for as long as they are kept."
        )
    )
    found: dict[str, Any] = {"about_files": about}
    found |= {name: rows for name, rows in tables.items() if rows}
    return json.dumps(found, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
