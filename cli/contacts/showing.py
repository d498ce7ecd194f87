"""Prints who a person is and how much is kept of them."""

from zoneinfo import ZoneInfo

from rich.table import Table
from sqlalchemy import Connection

from cli.console import Terminal, harmless
from storage.database import Database
from storage.privacy.people import Person, person
from storage.privacy.tables import LINKS, count_of, rows_of
from translations import lazy_gettext as _


def print_person(terminal: Terminal, database: Database, zone: ZoneInfo, contact_id: int) -> None:
    """Print a contact."""
    with database.read() as connection:
        found = person(connection, contact_id)
        if found is None:
            return
        table = _table(terminal, connection, found, zone)
    terminal.console.print(table)


def _table(terminal: Terminal, connection: Connection, found: Person, zone: ZoneInfo) -> Table:
    table = Table(show_header=False)
    simulated = f" {terminal.translate(_('(simulated)'))}" if found.simulated else ""
    table.add_row(terminal.translate(_("Contact")), f"#{found.contact_id}{simulated}")
    table.add_row(terminal.translate(_("Name")), harmless(found.name))
    table.add_row(terminal.translate(_("Numbers and ids")), "\n".join(map(harmless, _identities(found))))
    for title, at in (
        (_("Known since"), found.created_at),
        (_("Last wrote"), found.wrote_at),
        (_("Wants no messages since"), found.opted_out_at),
    ):
        table.add_row(terminal.translate(title), f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "-")
    conversations = rows_of(connection, "conversations", [found.contact_id])
    listed = [
        f"{each['id']}  {each['channel']}  {each['created_at'].astimezone(zone):%Y-%m-%d %H:%M}"
        for each in conversations[-20:]
    ]
    table.add_row(terminal.translate(_("Conversations")), "\n".join(listed) or "-")
    counts = {name: count_of(connection, name, [found.contact_id]) for name in LINKS}
    table.add_row(
        terminal.translate(_("Rows")),
        "\n".join(f"{name}  {count}" for name, count in counts.items() if count),
    )
    return table


def _identities(found: Person) -> list[str]:
    ids = [found.user_id] if found.user_id else []
    written = found.whatsapp_address.removeprefix("whatsapp:")
    return list(dict.fromkeys(filter(None, [found.address, written, *found.given_numbers, *ids])))
