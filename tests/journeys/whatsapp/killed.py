"""Workers that tests kill, and what is kept of their work."""

from datetime import timedelta

from sqlalchemy import text as sql
from sqlalchemy import update

from storage.base import utc_now
from storage.models import Message, Turn
from tests.processes import process
from tests.records import every
from tests.waiting import let_jobs_wait_less, wait_until


def worker(site):
    return process(site, "flask", "--app", "app", "worker")


def sent(database):
    """What is kept of our messages, in order."""
    return [message for message in every(database, Message) if message.outbound]


def let_pass(database, seconds):
    """Let so much time pass for all that is kept: for messages, for answers left alone, and for jobs."""
    ago = utc_now() - timedelta(seconds=seconds)
    for kept_at in (Message.created_at, Message.changed_at, Turn.beat_at):
        with database.write() as connection:
            connection.execute(update(kept_at.class_).where(kept_at > ago).values({kept_at: ago}))
    let_jobs_wait_less(database, seconds)


def jobs_left(database, *, besides="note_topic"):
    """How many jobs wait or are in hand, but for those of a name that wait for their time."""
    jobs = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    waiting = sql(
        f"SELECT count(*) FROM {jobs} WHERE status IN ('ENQUEUED', 'DELAYED', 'PENDING')"
        " AND coalesce(deduplication_id, '') NOT LIKE 'note_topic%'"
        " AND NOT (status = 'DELAYED' AND coalesce(deduplication_id, '') LIKE :besides)"
    )
    with database.read() as connection:
        return connection.execute(waiting, {"besides": f"{besides}%"}).scalar_one()


def until_nothing_is_left_to_do(database, *, besides="note_topic"):
    """Let minutes pass until no job is left that could say anything a second time."""

    def is_quiet():
        let_pass(database, 90)
        return jobs_left(database, besides=besides) == 0

    wait_until(is_quiet, every_s=0.05)


def is_kept(database, words):
    return any(words in "".join(turn.sentences) for turn in every(database, Turn))
