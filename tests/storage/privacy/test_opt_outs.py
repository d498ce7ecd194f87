"""Somebody who had opted out when erased is written to no more, also where a list has the number."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.privacy.digests import Digests
from storage.privacy.erasures import Returning, note_erasure
from storage.privacy.opt_outs import recipient_as_before
from storage.privacy.record_file import Erased

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NUMBER = "+5215512345678"
pytestmark = pytest.mark.both_databases


@pytest.fixture
def returning():
    return Returning(Digests(lambda: "key"))


@pytest.mark.parametrize("opted_out", [True, False])
def test_the_opt_out_is_there_again_before_anything_is_sent(database, returning, opted_out):
    with database.write() as connection:
        note_erasure(connection, Erased(returning.digests.of("+525512345678"), NOW, opted_out))
        recipient = recipient_as_before(connection, returning, NUMBER, NOW + timedelta(days=9))
        again = recipient_as_before(connection, returning, NUMBER, NOW + timedelta(days=10))

    assert (recipient.opted_out_at == NOW) == (again.opted_out_at == NOW) == opted_out


def test_another_key_knows_nobody(database, returning):
    with database.write() as connection:
        note_erasure(connection, Erased(Digests(lambda: "other").of("+525512345678"), NOW, True))
        assert recipient_as_before(connection, returning, NUMBER, NOW).opted_out_at is None


def test_the_later_erasure_decides(database, returning):
    digest = returning.digests.of("+525512345678")
    with database.write() as connection:
        note_erasure(connection, Erased(digest, NOW + timedelta(days=1), False))
        note_erasure(connection, Erased(digest, NOW, True))

        assert recipient_as_before(connection, returning, NUMBER, NOW).opted_out_at is None
