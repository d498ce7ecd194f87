"""What became of a campaign, as a table with a line for each of its recipients."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from integrations.message_errors import what_to_do
from messaging.campaigns.replies import ANSWERED_WITHIN
from messaging.providers.base import Template
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.reports.campaign_costs import costs_by_line
from storage.reports.campaign_effects import Effect, effects
from storage.reports.campaigns import PAGE, RecipientRow, page

COLUMNS = (
    "line", "number", "state", "reason", "status", "code", "meaning", "attempts", "sent_at", "replied_at", "outcome",
    "handed_off_at", "opted_out_at", "answered_by", "seconds", "price", "currency",
)  # fmt: skip
"""The same in every language: programs read them. The list's own columns follow."""
_BLANK = r"\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
_SIGNS = r"=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
_FORMULA = re.compile(rf"(?<![^;\t\r\n])(?=[{_BLANK}]*[{_SIGNS}])")
"""Where a spreadsheet may take what follows for a formula: signs in full width or small too, after what nobody sees.

A value may begin after a semicolon as well: where a comma is the decimal sign, spreadsheets divide lines there.
"""


def report_lines(
    database: Database, campaign: CampaignRecord, zone: ZoneInfo, language: str
) -> Iterator[list[str]]:
    """Yield the names of the columns, and a line for each recipient. zone: of the times.

    Read a page at a time: whoever takes the lines may be slow. language: of the codes' meanings.
    """
    names = _names(database, campaign.id)
    yield [*COLUMNS, *map(_harmless, names)]
    provider = Template.named(campaign.template).provider
    with database.read() as connection:
        followed = effects(connection, campaign.id, ANSWERED_WITHIN)
        prices = costs_by_line(connection, campaign.id, campaign.channel)
    for row in _rows(database, campaign.id):
        effect = followed.get(row.line, Effect(None, None))
        meaning = what_to_do(provider, row.code, language) if row.code is not None else None
        yield [
            str(row.line), row.number, row.state, row.reason, row.status or "", str(row.code or ""), meaning or "",
            str(row.attempts), _at(row.begun_at, zone), _at(row.replied_at, zone), _harmless(row.outcome),
            _at(effect.handed_off_at, zone), _at(effect.opted_out_at, zone),
            _harmless(row.answered_by), "" if row.talked_s is None else str(row.talked_s),
            *_price(prices.get(row.line, {})),
            *(_harmless(row.facts.get(name, "")) for name in names),
        ]  # fmt: skip


def _price(amounts: Mapping[str, Decimal]) -> tuple[str, str]:
    """Return what somebody's messages or calls have cost, and in which currency; of several, one after the other."""
    return "; ".join(f"{amount:f}" for amount in amounts.values()), "; ".join(amounts)


def _names(database: Database, campaign_id: int) -> list[str]:
    """Return the names of the list's columns: no line has those that are empty in it."""
    return list(dict.fromkeys(name for row in _rows(database, campaign_id) for name in row.facts))


def _rows(database: Database, campaign_id: int) -> Iterator[RecipientRow]:
    line = 0
    while True:
        with database.read() as connection:
            found = page(connection, campaign_id, line, PAGE)
        if not found:
            return
        yield from found
        line = found[-1].line


def _at(time: datetime | None, zone: ZoneInfo) -> str:
    return "" if time is None else f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: others have written it."""
    return _FORMULA.sub("'", text)
