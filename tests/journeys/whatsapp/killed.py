"""Workers that tests kill, and what is kept of their work."""

from datetime import timedelta

from sqlalchemy import text as sql
from sqlalchemy import update

from storage.base import utc_now
from storage.models import Message, Turn
from tests.processes import process
from tests.records import every
from tests.waiting import wait_until


def worker(site):
    return process(site, "flask", "--app", "app", "worker")


def sent(database):
    """What is kept of our messages, in order."""
    return [message for message in every(database, Message) if message.outbound]


def let_pass(database, seconds):
    """Let so much time pass for all that is kept: for messages, for answers left alone, and for jobs."""
    ago = utc_now() - timedelta(seconds=seconds)
    jobs = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    with database.write() as connection:
        connection.execute(update(Message).where(Message.created_at > ago).values(created_at=ago))
        connection.execute(update(Message).where(Message.changed_at > ago).values(changed_at=ago))
        connection.execute(update(Turn).where(Turn.beat_at > ago).values(beat_at=ago))
        connection.execute(
            sql(f"UPDATE {jobs} SET delay_until_epoch_ms = delay_until_epoch_ms - :ms"),
            {"ms": seconds * 1000},
        )


def jobs_left(database):
    """How many jobs wait or are in hand, but for those that note topics."""
    jobs = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    waiting = sql(
        f"SELECT count(*) FROM {jobs} WHERE status IN ('ENQUEUED', 'DELAYED', 'PENDING')"
        " AND coalesce(deduplication_id, '') NOT LIKE 'note_topic%'"
    )
    with database.read() as connection:
        return connection.execute(waiting).scalar_one()


def until_nothing_is_left_to_do(database):
    """Let minutes pass until no job is left that could say anything a second time."""

    def is_quiet():
        let_pass(database, 90)
        return jobs_left(database) == 0

    wait_until(is_quiet)


def is_kept(database, words):
    return any(words in "".join(turn.sentences) for turn in every(database, Turn))
