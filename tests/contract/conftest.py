"""What the contract's tests share: nothing set in the environment, and an application of their own."""

import os
import shutil

import pytest

from tests.contract.seams import application
from tests.contract.snapshot import UPDATE, changes


def pytest_terminal_summary(terminalreporter):
    """Print what --update-contract changed."""
    if UPDATE:
        terminalreporter.section("contract")
        terminalreporter.write_line("\n".join(changes) or "Nothing that users see has changed.")
        if changes:
            terminalreporter.write_line("\nName these differences in CHANGELOG.md.")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """Leave nothing in the environment that a setting or a terminal's width could be read from."""
    for name in list(os.environ):
        if name not in ("PATH", "HOME") and not name.startswith(("PYTEST", "LD_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A migrated SQLite database, to be copied."""
    path = tmp_path_factory.mktemp("contract") / "assistant.db"
    application.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def make_app(prepared, tmp_path):
    """Build applications: a data folder and a database of their own, nothing of .env."""
    apps = []

    def make(*, migrated=True, **values):
        folder = tmp_path / f"data-{len(apps)}"
        folder.mkdir()
        if migrated:
            shutil.copy(prepared, folder / "assistant.db")
        app = application.make_app(data_dir=folder, **({"log_format": "json"} | values))
        apps.append(app)
        return app

    yield make
    for app in apps:
        application.close(app)
