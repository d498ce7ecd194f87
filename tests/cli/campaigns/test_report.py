"""What followed a campaign, in `status` and `report`, and what is told while it is sent."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from cli.campaigns.running import Rate
from storage.base import utc_now
from storage.models import CampaignRecipient, Turn
from storage.queries import contacts, handoffs
from tests.records import every

pytestmark = pytest.mark.both_databases


@pytest.fixture
def conversations(create, run, line):
    """The conversations of two people to whom a campaign was sent."""
    create()
    run("run", "Cita")
    return [recipient.conversation_id for recipient in every(line.parts.database, CampaignRecipient)]


@pytest.fixture
def hand_off(line):
    def hand_off(conversation_id, at):
        with line.parts.database.write() as connection:
            handoffs.make_handoff(
                connection, conversation_id, None, source="words", request_key=None, number="", reason="cita",
                summary="", context="", state="open", now=at,
            )  # fmt: skip

    return hand_off


def opt_out(line, conversation_id, at):
    with line.parts.database.write() as connection:
        contacts.opt_out(connection, handoffs.contact_of(connection, conversation_id), at)


def test_who_asked_for_a_person_and_who_wants_nothing_more_are_counted_and_listed(
    conversations, hand_off, run, line, tmp_path
):
    hand_off(conversations[0], utc_now() + timedelta(hours=1))
    opt_out(line, conversations[1], utc_now() + timedelta(hours=2))

    said = run("report", "Cita")
    run("report", "Cita", "--csv", str(tmp_path / "report.csv"))

    assert "1 have been handed to a person within a week" in said
    assert "1 want no more messages since then" in said
    ana, luis = csv.DictReader(io.StringIO((tmp_path / "report.csv").read_text("utf-8")))
    assert (bool(ana["handed_off_at"]), bool(ana["opted_out_at"])) == (True, False)
    assert (bool(luis["handed_off_at"]), bool(luis["opted_out_at"])) == (False, True)


@pytest.mark.parametrize("after", [timedelta(days=-1), timedelta(days=8)], ids=["before", "much later"])
def test_what_came_before_or_much_later_has_nothing_to_do_with_it(conversations, hand_off, run, line, after):
    hand_off(conversations[0], utc_now() + after)
    opt_out(line, conversations[1], utc_now() + after)

    said = run("report", "Cita")

    assert "handed to a person" not in said
    assert "no more messages" not in said


def test_of_several_handoffs_the_first_since_counts(conversations, hand_off, run):
    for hours in (-24, 1, 24 * 9):
        hand_off(conversations[0], utc_now() + timedelta(hours=hours))

    assert "1 have been handed to a person within a week" in run("status", "Cita")


def test_landlines_and_duplicates_are_counted_before_anything_is_sent(create):
    said = create(
        "nombre;teléfono;día\nAna;600000001;lunes\nAna;+34600000001;lunes\nEva;910000001;lunes\nEva;910000002;lunes\n"
    )

    assert "1 are on the list twice" in said
    assert "2 have a landline, which WhatsApp hardly reaches" in said
    assert "1 line was read." in said


def test_the_rate_is_that_of_the_last_ten_seconds():
    now = [100.0]
    rate = Rate(monotonic=lambda: now[0])

    def after(seconds, sent):
        now[0] += seconds
        return rate.after(sent)

    assert after(0, 5) == 0
    assert after(1, 45) == 40
    assert [round(after(1, 45 + 40 * n)) for n in range(1, 31)] == [40] * 30
    assert [round(after(5, 1245), 1) for _ in range(3)] == [20, 0, 0]


def note_prices(line, twilio, *prices):
    """Let Twilio bill messages, and have its lists read."""
    for message, price in zip(twilio.messages.made.values(), prices, strict=False):
        twilio.messages.finish(message)
        message.price = price
    line.parts.campaigns.billing.read({})


def test_what_was_billed_so_far_is_told_and_listed_line_by_line(conversations, run, line, twilio, tmp_path):
    note_prices(line, twilio, "-0.00500")

    said = run("report", "Cita")
    run("report", "Cita", "--csv", str(tmp_path / "report.csv"))

    assert "Billed so far: 0.005 USD. The price of 1 of 2 messages is known." in said
    rows = list(csv.DictReader(io.StringIO((tmp_path / "report.csv").read_text("utf-8"))))
    assert sorted((row["price"], row["currency"]) for row in rows) == [("", ""), ("0.005", "USD")]


def test_the_models_tokens_are_of_what_followed_within_a_week(conversations, run, line):
    for number, (conversation, after) in enumerate(
        [
            (conversations[0], timedelta(hours=1)),
            (conversations[1], timedelta(hours=2)),
            (conversations[0], timedelta(days=8)),
            (conversations[0], timedelta(days=-1)),
        ]
    ):
        add_turn(line, conversation, number, utc_now() + after)

    assert "The model's tokens in what followed: 2,000 read, 100 written." in run("status", "Cita")


def test_the_models_tokens_are_of_the_campaign_that_last_wrote(conversations, create, run, line):
    add_turn(line, conversations[0], 0, utc_now())
    create(name="Otra")
    run("run", "Otra")
    add_turn(line, conversations[0], 1, utc_now())

    for name in ("Cita", "Otra"):
        assert "The model's tokens in what followed: 1,000 read, 50 written." in run("status", name)


def add_turn(line, conversation_id, number, at):
    with line.parts.database.write() as connection:
        connection.execute(
            insert(Turn).values(
                conversation_id=conversation_id, number=number, kind="text", heard="", state="complete",
                sentences=[], owner="", beat_at=at, prompt_tokens=1000, completion_tokens=50, created_at=at,
            )
        )  # fmt: skip


def test_rates_answers_and_hours_are_told(conversations, run, line):
    with line.parts.database.write() as connection:
        found = update(CampaignRecipient).where(CampaignRecipient.conversation_id == conversations[0])
        connection.execute(found.values(replied_at=utc_now(), outcome="yes"))

    said = run("report", "Cita")

    assert "2 were sent theirs 100%" in said
    assert "1 have replied 50%" in said
    assert "Answers: yes (1)." in said
    assert "First replies" in said
    assert "First replies" not in run("status", "Cita")


def test_each_hour_has_the_messages_and_the_first_replies_of_it(conversations, run, line):
    at = datetime(2026, 7, 1, 7, 59, 59, tzinfo=UTC)
    moments = {"begun_at": at, "replied_at": at + timedelta(hours=2)}, {"begun_at": at + timedelta(seconds=1)}
    with line.parts.database.write() as connection:
        for conversation, values in zip(conversations, moments, strict=True):
            found = update(CampaignRecipient).where(CampaignRecipient.conversation_id == conversation)
            connection.execute(found.values(values))

    said = run("report", "Cita")

    rows = re.findall(r"│ (2026-07-01 \d\d:00) *│ (\d+) *│ (\d+) *│", said)
    assert rows == [
        ("2026-07-01 09:00", "1", "0"),
        ("2026-07-01 10:00", "1", "0"),
        ("2026-07-01 11:00", "0", "1"),
    ]
