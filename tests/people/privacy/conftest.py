"""What the tests of erasures and of KEEP_DAYS share."""

from datetime import UTC, datetime, timedelta

import pytest

from people.privacy.erasures import Erasures
from people.privacy.retention import Retention
from storage.privacy.digests import Digests
from storage.privacy.record_file import RecordFile
from tests.people.privacy.rows import Rows

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def rows(database):
    return Rows(database, NOW)


@pytest.fixture
def digests():
    return Digests(lambda: "key")


@pytest.fixture
def record(tmp_path):
    return RecordFile(tmp_path / "erasures")


@pytest.fixture
def make_erasures(database, work, digests, record):
    def make(clock=lambda: NOW, record=record):
        return Erasures(database, work, digests, record, clock=clock)

    return make


@pytest.fixture
def sweep(database, make_erasures):
    """Do what the worker does when so many days have passed."""

    def sweep(days, keep_days=30):
        def clock():
            return NOW + timedelta(days=days)

        keep = None if keep_days is None else timedelta(days=keep_days)
        Retention(database, make_erasures(clock), keep, clock).run({})

    return sweep
