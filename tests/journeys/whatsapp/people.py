"""Who writes, what is kept of it and told to the model, and how time passes for it."""

from datetime import timedelta

from sqlalchemy import update

from jobs.job import run_pending
from storage.base import utc_now
from storage.models import Message
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.processes import worker_jobs
from tests.records import every


def asked(openai):
    """What the model was told last, as (role, content)."""
    return [(m["role"], m["content"]) for m in openai.chats[-1].body["messages"]]


def sent(line):
    """What is kept of our messages, in order."""
    return [message for message in every(line.parts.database, Message) if message.outbound]


def person_of(line, twilio, **options):
    return line.whatsapp(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, api=twilio, **options)


def work_off(line, seconds=0.0):
    """Do what a worker would by then."""
    jobs = worker_jobs(line)
    return run_pending(line.parts.work, jobs, now=utc_now() + timedelta(seconds=seconds))


def age_messages(line):
    """Let what was written be so old that its webhook is over."""
    with line.parts.database.write() as connection:
        for message in every(line.parts.database, Message):
            earlier = message.created_at - timedelta(seconds=20)
            connection.execute(update(Message).where(Message.id == message.id).values(created_at=earlier))


def age_claims(connection):
    """Let a minute pass for what went out in replies."""
    connection.execute(
        update(Message)
        .where(Message.status == "claimed")
        .values(changed_at=utc_now() - timedelta(seconds=61))
    )
