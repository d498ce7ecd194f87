"""The file of the report is opened in spreadsheets: what others have written is no formula there."""

from zoneinfo import ZoneInfo

import pytest

from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.report import report_lines
from storage.campaigns import campaigns
from tests.messaging.campaigns.stand import number


@pytest.fixture
def reported(stand):
    """Return a value of a list, and the name of its column, as the report has them."""

    def report(name, value):
        listed = [ListedRecipient(2, number(2), "Hola", {"1": "Ana"}, {name: value})]
        campaign_id = stand.create(listed)
        with stand.database.read() as connection:
            campaign = campaigns.by_id(connection, campaign_id)
        columns, row = report_lines(stand.database, campaign, ZoneInfo("Europe/Madrid"), "en")
        return columns[-1], row[-1]

    return report


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1", "'+1"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM(A1)", "'＠SUM(A1)"),
        ("﹢1", "'﹢1"),
        ("−1", "'−1"),
        ("  =1+1", "'  =1+1"),
        ("\u00a0\u200b\ufeff=1+1", "'\u00a0\u200b\ufeff=1+1"),
        ("\t=1+1", "\t'=1+1"),
        ("\n=1+1", "\n'=1+1"),
        ("\r\n ＝1+1", "\r\n' ＝1+1"),
        ("Ana;=1+1", "Ana;'=1+1"),
        ("Ana\n=1+1", "Ana\n'=1+1"),
    ],
)
def test_what_a_spreadsheet_takes_for_a_formula_is_a_text(reported, written, shown):
    assert reported(written, written) == (shown, shown)


@pytest.mark.parametrize(
    "written", ["Ana-María", "a=b", "14:00 - 16:00", "ana@example.com", "Sí; claro", "6,5"]
)
def test_all_else_stands_as_it_was_written(reported, written):
    assert reported("nota", written) == ("nota", written)
