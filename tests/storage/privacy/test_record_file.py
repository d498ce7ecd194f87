"""The file of erasures: what was added is read again, whatever was cut off before."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.privacy.record_file import Erased, RecordFile

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA, LUIS = "a" * 64, "b" * 64


@pytest.fixture
def path(tmp_path):
    return tmp_path / "erasures"


def test_a_file_that_is_not_there_is_empty_and_is_made_for_its_owner_alone(path):
    record = RecordFile(path)
    assert record.read() == {}

    record.add([Erased(ANA, NOW, False)])

    assert record.read() == {ANA: Erased(ANA, NOW, False)}
    assert path.stat().st_mode & 0o077 == 0


def test_the_later_entry_of_a_hash_counts(path):
    record = RecordFile(path)

    record.add([Erased(ANA, NOW + timedelta(days=1), False), Erased(ANA, NOW, True), Erased(LUIS, NOW, True)])

    assert record.read() == {
        ANA: Erased(ANA, NOW + timedelta(days=1), False), LUIS: Erased(LUIS, NOW, True)
    }  # fmt: skip


@pytest.mark.parametrize("cut", [1, 30, 80])
def test_a_line_that_was_cut_off_spoils_no_other(path, cut):
    record = RecordFile(path)
    record.add([Erased(ANA, NOW, True), Erased(LUIS, NOW, True)])
    path.write_bytes(path.read_bytes()[:-cut])

    record.add([Erased("c" * 64, NOW, False)])

    assert set(record.read()) - {LUIS} == {ANA, "c" * 64}
