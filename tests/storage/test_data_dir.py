"""The data folder: nobody else's to read, and its secrets made once."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import data_dir


@pytest.fixture
def folder(tmp_path):
    before = os.umask(0o022)
    yield tmp_path / "data"
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_and_what_is_made_in_it_are_its_owners_alone(folder):
    folder.mkdir(mode=0o755)

    data_dir.prepare(folder)
    (folder / "assistant.db-wal").write_text("")
    data_dir.kept_secret(folder, "simulator")

    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}


def test_a_secret_is_made_once_however_many_ask_for_it(folder):
    data_dir.prepare(folder)

    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: data_dir.kept_secret(folder, "simulator"), range(64)))

    assert len(secrets) == 1
    assert len(secrets.pop()) == 64


def test_a_damaged_secret_is_never_used(folder):
    data_dir.prepare(folder)
    (folder / "simulator.key").write_text("")

    with pytest.raises(ValueError, match=r"simulator\.key is damaged"):
        data_dir.kept_secret(folder, "simulator")


def test_making_a_secret_leaves_nothing_else_behind(folder):
    data_dir.prepare(folder)
    data_dir.kept_secret(folder, "simulator")

    assert [path.name for path in folder.iterdir()] == ["simulator.key"]
