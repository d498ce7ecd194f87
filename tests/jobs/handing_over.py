"""Work that is handed over by tests, and rows that they set."""

from storage import models  # noqa: F401  (Alembic compares with all of them)


class Rejected(Exception):
    code = 21211


def job_ids(work):
    return [row.workflow_id for row in work.client.list_workflows()]
