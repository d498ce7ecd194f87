"""Erases a person from the terminal, and says what was reached and what was not."""

import time
from collections.abc import Sequence

import click
from rich.table import Table

from cli.console import Terminal
from cli.exit_codes import ExitCode
from people.privacy.erasures import Erasures
from storage.copies import copies_of
from storage.database import Database, sqlite_path
from storage.privacy.people import Person, person
from storage.privacy.tables import LINKS, count_of
from storage.privacy.tasks import Place, Task, TaskState, tasks_by_id
from translations import Message
from translations import lazy_gettext as _

WAIT_S = 10.0
"""Seconds for which the command waits for the worker."""
_TITLES = {Place.CHATWOOT: "Chatwoot", Place.DIALOG360: "360dialog", Place.CRM: "CRM"}


def erase(
    terminal: Terminal,
    database: Database,
    erasures: Erasures,
    places: frozenset[Place],
    contact_ids: Sequence[int],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    """Erase contacts, once that is confirmed. Raises SQLAlchemyError and OSError."""
    with database.read() as connection:
        people = [found for each in contact_ids if (found := person(connection, each)) is not None]
        counts = {name: count_of(connection, name, contact_ids) for name in LINKS}
    terminal.console.print(_counted(terminal, counts))
    if dry_run:
        terminal.say(_("Nothing was erased: this was a dry run."))
        return
    if not yes and not click.confirm(terminal.translate(_("Erase them? This cannot be undone."))):
        terminal.say(_("Nothing was erased."))
        click.get_current_context().exit(ExitCode.NOT_COMPLETED)
    left = erasures.erase(contact_ids)
    terminal.say(_("Erased here."))
    for task in _waited_for(database, left):
        terminal.say(_outcome(task))
    _say_unreached(terminal, people, places, is_log_empty=database.empty_log())
    path = sqlite_path(database.url)
    copies = [] if path is None else copies_of(path)
    if copies:
        listed = "\n".join(map(str, copies))
        terminal.complain(
            _(
                "Copies of the database from before it was migrated still hold them. Delete these, if you need "
                "them no more:\n{listed}"
            ).format(listed=listed)
        )


def _counted(terminal: Terminal, counts: dict[str, int]) -> Table:
    table = Table()
    table.add_column(terminal.translate(_("Table")))
    table.add_column(terminal.translate(_("Rows")), justify="right")
    for name, count in counts.items():
        if count:
            table.add_row(name, str(count))
    return table


def _waited_for(database: Database, task_ids: Sequence[int]) -> list[Task]:
    deadline = time.monotonic() + WAIT_S
    while True:
        with database.read() as connection:
            found = tasks_by_id(connection, task_ids)
        if all(task.state is not TaskState.WAITING for task in found) or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def _outcome(task: Task) -> Message:
    title = _TITLES.get(task.place, task.place)
    if task.state is TaskState.WAITING:
        said = _("{place}: the worker does it, and tries for a week; see its log for erased_elsewhere.")
    elif task.state is TaskState.REFUSED:
        said = _(
            "{place}: refused. Delete them there by hand; in Chatwoot this needs an administrator's token."
        )
    else:
        said = _("{place}: done.")
    return said.format(place=title)


def _say_unreached(
    terminal: Terminal, people: Sequence[Person], places: frozenset[Place], *, is_log_empty: bool
) -> None:
    if Place.CHATWOOT not in places and any(found.source_id for found in people):
        terminal.complain(
            _("Chatwoot is not set up any more, and still has them: delete them there by hand.")
        )
    if not is_log_empty:
        terminal.complain(
            _(
                "SQLite's log (the file ending in -wal) is in use and may still hold deleted words: it is emptied "
                "the next time that the worker deletes what is old, or when all processes end."
            )
        )
    terminal.complain(
        _(
            "Out of reach from here: what Twilio, 360dialog, OpenAI and ElevenLabs keep of calls and messages, the "
            "sellers' own WhatsApp, logs, and backups. Whoever is in a backup that is put back is erased again "
            "when the worker starts. docs/privacy.md says where each of them deletes."
        )
    )
