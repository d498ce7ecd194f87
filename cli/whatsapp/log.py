"""Prints messages in the terminal: the log, and the state of a single one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table

from cli.console import Terminal, harmless
from integrations.message_errors import DIALOG360, TWILIO, provider_of, what_to_do
from integrations.twilio.messages import MessageState
from messaging.requests import status_of
from phone_numbers import is_erased, shown_number
from storage.models import MessageStatus
from storage.queries.messages import MessageRecord, MessageWithContact
from storage.queries.outgoing import RECEIPT_RANKS
from translations import lazy_gettext as _
from translations import lazy_pgettext

_STATUSES = {
    MessageStatus.RECEIVED: _("received"),
    MessageStatus.SETTLED: _("dealt with"),
    MessageStatus.WAITING: _("to be sent"),
    MessageStatus.CLAIMED: _("in a reply"),
    MessageStatus.SENDING: _("being sent"),
    MessageStatus.QUEUED: _("queued"),
    MessageStatus.SENT: _("sent"),
    MessageStatus.DELIVERED: _("delivered"),
    MessageStatus.READ: _("read"),
    MessageStatus.UNDELIVERED: _("undelivered"),
    MessageStatus.HELD: _("held back"),
    MessageStatus.FAILED: lazy_pgettext("of a message", "failed"),
}
_KINDS = {
    "text": _("text"),
    "image": _("image"),
    "template": _("template"),
    "media": _("media"),
    "location": _("location"),
    "reaction": _("reaction"),
    "button": _("button"),
    "list": _("list"),
    "contacts": _("contact card"),
    "form": _("form"),
    "order": _("order"),
    "advertisement": _("from an advertisement"),
    "edit": _("correction"),
    "deleted": _("deleted by the customer"),
    "erased": _("erased"),
    "stop-question": _("question"),
    "pause": _("pause"),
    "team": _("team"),
    "notice": _("notice"),
    "campaign": _("campaign"),
}


def status_word(terminal: Terminal, status: MessageStatus) -> str:
    """Return the status in the reader's language."""
    return terminal.translate(_STATUSES[status])


def meanings(terminal: Terminal, codes: Iterable[int | None], provider: str = TWILIO) -> list[str]:
    """Return a line for each distinct error code of a provider: its meaning and its solution."""
    known = dict.fromkeys(code for code in codes if code is not None)
    return [f"[{code}] {_meaning(terminal, code, provider)}" for code in known]


def _meaning(terminal: Terminal, code: int, provider: str) -> str:
    url = (
        "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes"
        if provider == DIALOG360
        else f"https://www.twilio.com/docs/api/errors/{code}"
    )
    return what_to_do(provider, code, terminal.language) or url


def _provider(row: MessageWithContact) -> str:
    return provider_of(row.message.sid, row.provider)


# The log


def print_log(found: Sequence[MessageWithContact], terminal: Terminal, zone: ZoneInfo) -> None:
    """Print messages, and below them the meanings of their error codes. zone: for times."""
    terminal.console.print(_table(found, terminal, zone))
    for provider in (TWILIO, DIALOG360):
        codes = [row.message.error_code for row in found if _provider(row) == provider]
        for line in meanings(terminal, codes, provider):
            terminal.console.print(line)


def _table(found: Sequence[MessageWithContact], terminal: Terminal, zone: ZoneInfo) -> Table:
    table = Table(show_lines=True)
    table.add_column(terminal.translate(_("When")))
    table.add_column(terminal.translate(_("Who")))
    table.add_column("")
    table.add_column(terminal.translate(_("Kind")))
    table.add_column(terminal.translate(_("Words")), overflow="fold")
    table.add_column(terminal.translate(_("Status")))
    for row in found:
        message = row.message
        table.add_row(
            _when(message.created_at, zone),
            _who(terminal, row),
            _direction(terminal, message),
            _kind(terminal, message.kind),
            harmless(message.words),
            _status(terminal, message.status, message.error_code),
        )
    return table


def _when(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _who(terminal: Terminal, row: MessageWithContact) -> str:
    simulated = terminal.translate(_("(simulated)")) if row.simulated else ""
    name = harmless(" ".join(row.name.split()))
    unknown = _("erased") if is_erased(row.number) else _("no number")
    number = harmless(shown_number(row.number)) or terminal.translate(unknown)
    return "\n".join(filter(None, (name, number, simulated)))


def _direction(terminal: Terminal, message: MessageRecord) -> str:
    return terminal.translate(_("out")) if message.outbound else terminal.translate(_("in"))


def _kind(terminal: Terminal, kind: str) -> str:
    return terminal.translate(_KINDS.get(kind, harmless(kind)))


def _status(terminal: Terminal, status: MessageStatus, code: int | None) -> str:
    return status_word(terminal, status) + (f" [{code}]" if code is not None else "")


# One message


def print_state(
    terminal: Terminal, zone: ZoneInfo, kept: MessageWithContact | None, state: MessageState | None
) -> None:
    """Print a message's state. kept: in the database; None: unknown there. state: at Twilio; None: unknown."""
    if kept is not None:
        terminal.console.print(_ours(terminal, zone, kept))
    else:
        terminal.say(_("Here: not known."))
    if state is not None:
        terminal.console.print(f"Twilio: {_theirs(terminal, state)}")
    codes = [kept.message.error_code if kept else None, state.error_code if state else None]
    for line in meanings(terminal, codes, TWILIO if kept is None else _provider(kept)):
        terminal.console.print(line)
    if kept and state and _is_behind(kept.message, state):
        terminal.complain(
            _(
                "What is known here lags behind Twilio: its receipts do not arrive. Check that "
                "WEBHOOK_URL is public and that the server is running."
            ),
        )


def _ours(terminal: Terminal, zone: ZoneInfo, kept: MessageWithContact) -> str:
    message = kept.message
    who = " ".join(_who(terminal, kept).split("\n"))
    facts = (
        _status(terminal, message.status, message.error_code),
        _direction(terminal, message),
        _kind(terminal, message.kind),
        who,
        _when(message.created_at, zone),
    )
    here = terminal.translate(_("Here"))
    return f"{here}: {' · '.join(facts)}\n  {harmless(message.words)}"


def _theirs(terminal: Terminal, state: MessageState) -> str:
    known = status_of(state.status)
    word = status_word(terminal, known) if known is not None else harmless(state.status)
    code = f" [{state.error_code}]" if state.error_code is not None else ""
    addresses = f"{_number(state.sender)} → {_number(state.to)}"
    price = "" if state.price is None else terminal.amount(state.price, state.price_unit)
    return " · ".join(filter(None, (word + code, addresses, price)))


def _number(address: str) -> str:
    return harmless(address.removeprefix("whatsapp:"))


def _is_behind(message: MessageRecord, state: MessageState) -> bool:
    known = status_of(state.status)
    # No receipt reports "queued": only later statuses can be missed.
    if known is None or RECEIPT_RANKS[known] <= RECEIPT_RANKS[MessageStatus.QUEUED]:
        return False
    return RECEIPT_RANKS[message.status] < RECEIPT_RANKS[known]
