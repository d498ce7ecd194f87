"""What the stories around Chatwoot share: a Chatwoot, a line that shows it what happens, and its worker."""

import contextlib
from datetime import timedelta

from integrations.errors import IntegrationError
from jobs.job import run_pending
from storage.base import utc_now
from storage.models import MirrorItem
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.processes import worker_jobs
from tests.records import every

SECRET = "webhook-secret"
ANA = "+34600000001"
SOURCE = "34600000001"
US = "+12025550100"


def person_of(line, twilio, number=ANA, **options):
    return line.whatsapp(
        number=number, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, api=twilio, to=US, **options
    )


def caller_of(line, number=ANA):
    return line.phone(
        from_number=number, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, status_callback="/status"
    )


def work_off(line, seconds=0.0):
    """Do what a worker would by then; a worker of its own, which remembers nothing."""
    jobs = worker_jobs(line)
    return run_pending(
        line.parts.work, jobs, is_permanent=_is_permanent, now=utc_now() + timedelta(seconds=seconds)
    )


def mirror(line, contact_id=1):
    """Show what a contact has open, now, with a worker that remembers nothing; return what went wrong."""
    job = worker_jobs(line)["mirror"]
    with contextlib.suppress(IntegrationError):
        job.run({"contact_id": contact_id})


def _is_permanent(error):
    return isinstance(error, IntegrationError) and error.permanent


def states(line):
    """Each item and how far it is there."""
    return [(item.ref, item.state) for item in every(line.parts.database, MirrorItem)]


def shown(chatwoot, source_id=SOURCE):
    """Who said what in the contact's one conversation."""
    [conversation] = chatwoot.conversations_of(source_id)
    return chatwoot.words(conversation.id)


def settle(chatwoot):
    chatwoot.webhooks.settle()
    assert all(webhook.status == 200 for webhook in chatwoot.webhooks.sent), chatwoot.webhooks.sent
