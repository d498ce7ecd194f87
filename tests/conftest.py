"""What the tests share: a database of each kind, and a line: the application served on loopback, and its phones."""

import gc
import logging
import os
import shutil
import sqlite3
import tempfile
import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.serving import make_server

from app import create_app
from jobs.migrate import upgrade
from jobs.queue import Work
from settings import ROOT, SIMULATOR_ACCOUNT_SID, load_settings
from storage.database import Database
from tests import examples
from tests.fakes.openai.server import FakeOpenAI
from tests.simulator.phones import phone_at, whatsapp_at
from tests.storage.compiled_statements import share_compiled_statements
from tests.waiting import PATIENCE_S
from tests.warm import hear_signals_in_programs
from tests.web.compiled_rules import share_compiled_rules

pytest_plugins = ["tests.postgres"]

logging.getLogger("werkzeug").setLevel(logging.ERROR)

QUICK, DAY, ALL = "quick", "day", "all"
TESTS = Path(__file__).parent
UNITS = ("conversation", "guards", "integrations", "messaging", "simulator")
"""Folders whose tests build no application."""


def pytest_addoption(parser):
    parser.addoption(
        "--extent",
        choices=[QUICK, DAY, ALL],
        default=ALL if os.environ.get("CI") == "true" else DAY,
        help="quick: unit tests and main journeys, on SQLite; day: both databases where they can differ; "
        "all: both databases everywhere, and the benchmarks (as where CI=true)",
    )


def pytest_configure(config):
    gc.set_threshold(7_000)  # a tenth as often as usual: hardly anything that tests leave behind is garbage
    examples.use_all(config.getoption("extent") == ALL)
    hear_signals_in_programs()
    _compile_templates_once(config)
    share_compiled_statements()
    share_compiled_rules()


def _compile_templates_once(config):
    """Share compiled templates between this run's applications, of which there are hundreds."""
    folder = tempfile.TemporaryDirectory(prefix="templates-")
    config.add_cleanup(folder.cleanup)
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(folder.name)}


def pytest_generate_tests(metafunc):
    """Give each test that uses a database the kinds it runs on."""
    if "database_url" in metafunc.fixturenames:
        kinds = kinds_of_database(metafunc.config.getoption("extent"), metafunc.definition)
        metafunc.parametrize("database_url", kinds, indirect=True)


def kinds_of_database(extent, item):
    both = extent == ALL or (extent == DAY and item.get_closest_marker("both_databases"))
    return ["sqlite", "postgres"] if both and not item.get_closest_marker("sqlite_alone") else ["sqlite"]


def pytest_ignore_collect(collection_path, config):
    """Leave out files that quick tests cannot be in unread: importing all of them takes each process seconds."""
    if config.getoption("extent") != QUICK or collection_path.suffix != ".py" or is_unit(collection_path):
        return None
    return None if "mark.quick" in collection_path.read_text(encoding="utf-8") else True


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Collect no garbage while ten thousand tests are imported, and never look at them again for it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(config, items):
    extent = config.getoption("extent")
    left_out = [item for item in items if not belongs(item, extent)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if belongs(item, extent)]


def belongs(item, extent):
    if item.get_closest_marker("bench") or item.get_closest_marker("of_tests"):
        return extent == ALL
    if extent != QUICK or item.get_closest_marker("quick"):
        return True
    return is_unit(item.path) and not item.get_closest_marker("slow")


def is_unit(path):
    return path.relative_to(TESTS).parts[0] in UNITS


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "assistant.db"
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so that the file alone is the whole of it
    return path


@pytest.fixture
def database_url(request, tmp_path):
    """A fresh, migrated database of the kind that pytest_generate_tests chose."""
    if request.param == "sqlite":
        path = tmp_path / "assistant.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    url = server.create_like("migrated", upgrade)
    yield url
    server.give_back(url, "migrated")


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path):
    path = tmp_path / "assistant.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database(database_url):
    """The tests' own way in, which waits for processes that write at the same time, however busy the machine is."""
    database = Database(database_url, busy_timeout_s=PATIENCE_S)
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres):
    """A migrated PostgreSQL, for what is about two transactions at once; it waits long for a lock."""
    url = postgres.create_like("migrated", upgrade)
    database = Database(url, busy_timeout_s=PATIENCE_S)
    yield database
    database.close()
    postgres.give_back(url, "migrated")


@pytest.fixture
def openai():
    with FakeOpenAI() as fake:
        yield fake


class Line:
    """The application on a port of its own, and who calls it."""

    def __init__(self, settings, *, models=None, app=None):
        self.settings = settings
        self.app = app or create_app(settings, models=models)
        self.parts = self.app.extensions["container"]
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self._phones = ExitStack()

    def phone(self, **options):
        return self._phones.enter_context(phone_at(self.url, **self._usual | options))

    def whatsapp(self, **options):
        return self._phones.enter_context(whatsapp_at(self.url, **self._usual | options))

    @property
    def _usual(self):
        return {
            "account_sid": SIMULATOR_ACCOUNT_SID, "auth_token": self.parts.simulator_token,
            "public_url": self.settings.webhook_url,
        }  # fmt: skip

    def turns(self):
        """Every turn that is kept, oldest first."""
        from storage.models import Turn
        from tests.records import every

        return every(self.parts.database, Turn)

    def close(self):
        self._phones.close()
        self._server.shutdown()
        self._server.server_close()
        self.parts.end_serving()
        self.parts.database.close()


@pytest.fixture
def work(database):
    work = Work(database)
    yield work
    work.close()


@pytest.fixture
def make_settings(tmp_path, database_url, openai):
    """Settings for a test: its own data folder and database, the model of the fake, nothing of the environment."""

    def make(**values):
        defaults = {
            "data_dir": tmp_path / "data", "database_url": database_url, "openai_base_url": openai.base_url,
            "openai_api_key": "sk-test", "log_format": "json", "answer_wait_s": 4,
        }  # fmt: skip
        return load_settings(None, **(defaults | values))

    return make


@pytest.fixture
def open_line(make_settings):
    lines = []

    def open_one(models=None, **values):
        lines.append(Line(make_settings(**values), models=models))
        return lines[-1]

    yield open_one
    for line in lines:
        line.close()


@pytest.fixture
def any_hour(tmp_path):
    """A file of the default profile that lets a business write to people at any hour of any day."""
    file = tmp_path / "any-hour.es.toml"
    usual = (ROOT / "profiles" / "recepcion.es.toml").read_text(encoding="utf-8")
    file.write_text(f'{usual}\n[campaigns]\nquiet = ""\nweekends = true\n', encoding="utf-8")
    return str(file)


@pytest.fixture
def line(open_line, request):
    """The application; parametrized indirectly, with these settings."""
    return open_line(**getattr(request, "param", {}))


@pytest.fixture
def environment(make_settings):
    from tests.postgres import free_port  # a plugin: pytest must be the first to import it

    settings = make_settings()
    return {
        "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir),
        "OPENAI_BASE_URL": settings.openai_base_url, "OPENAI_API_KEY": "sk-test", "ANSWER_WAIT_S": "4",
        "PORT": str(free_port()), "LOG_FORMAT": "json", "TWILIO_AUTH_TOKEN": "", "WEBHOOK_URL": "",
    }  # fmt: skip
