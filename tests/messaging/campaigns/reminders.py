"""Lists of people who are reminded, and what is done with them."""

from datetime import timedelta

from messaging.campaigns.list_changes import ListChanges
from messaging.campaigns.recipient import ListedRecipient
from storage.base import utc_now
from tests.messaging.campaigns.stand import number

HOUR = timedelta(hours=1)
NOW = utc_now().replace(microsecond=0)
AGO, SOON, LATER, TOMORROW = NOW - HOUR, NOW + HOUR, NOW + 3 * HOUR, NOW + 24 * HOUR


def reminded(n, due_at, moment_at=TOMORROW, *, is_past=False, name="P"):
    """Somebody who is reminded."""
    return ListedRecipient(
        n, number(n), f"Hola {name}{n}", {"1": f"{name}{n}"}, {}, due_at=due_at, moment_at=moment_at,
        is_past=is_past,
    )  # fmt: skip


def change(stand, listed):
    return ListChanges(stand.database).apply(stand.campaign().id, listed, file_name="new.csv", digest="0")


def send_what_is_due(stand):
    runner = stand.process()
    for _ in range(4):
        runner.round()
    runner.close()
