"""The container: services are made when first asked for and once, and none for a command that needs none."""

import ast
import sqlite3
import threading
from pathlib import Path

import pytest

from app import create_app
from container import Container
from container.service import service
from settings import ROOT, load_settings
from tests import product

MOST_ARGUMENTS = 8
READ_AT_ONCE = {"profile", "sellers", "secret_key"}
"""Files: what is wrong with them is said whatever is run, and the application keeps the key."""


@pytest.fixture
def container(tmp_path):
    settings = load_settings(None, data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'a.db'}")
    return Container(settings)


def made_by(area):
    names = {
        name
        for base in type(area).__mro__
        for name, value in vars(base).items()
        if isinstance(value, service)
    }
    return {name: value for name, value in vars(area).items() if name in names}


def made(container):
    """The names of the services that were made; an area of the container is none, but those that it made are."""
    found = made_by(container)
    areas = {name: value for name, value in found.items() if hasattr(value, "lock")}
    return set(found) - set(areas) | {name for area in areas.values() for name in made_by(area)}


@pytest.mark.parametrize("arguments", [["--help"], ["whatsapp", "--help"], ["whatsapp", "send", "--help"]])
def test_help_opens_no_database_and_makes_no_service(tmp_path, monkeypatch, arguments):
    opened = []
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *given, **named: opened.append(given) or connect(*given, **named)
    )
    settings = load_settings(None, data_dir=tmp_path, dashboard_password="a secret word")

    app = create_app(settings)
    ended = app.test_cli_runner().invoke(args=arguments)

    assert ended.exit_code == 0, ended.output
    assert made(app.extensions["container"]) <= READ_AT_ONCE
    assert opened == []
    assert list(tmp_path.glob("*.db*")) == []


def test_a_service_is_made_once_whichever_threads_ask():
    begun, calls = threading.Barrier(8), []

    class Area:
        lock = threading.RLock()

        @service
        def thing(self):
            calls.append(1)
            return object()

    area, found = Area(), []

    def ask():
        begun.wait()
        found.append(area.thing)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(calls) == 1
    assert len(set(map(id, found))) == 1


def test_a_service_is_a_plain_attribute_once_it_was_made(container):
    first = container.database

    assert vars(container)["database"] is first
    assert container.database is first
    container.database.close()


def test_services_are_closed_the_newest_first_and_once(container):
    closed = []
    container.closed_at_end("old", lambda: closed.append("old"))
    container.closed_at_end("new", lambda: closed.append("new"))

    container.end_serving()
    container.end_serving()

    assert closed == ["new", "old"]


def constructors():
    """Every constructor that is written out, with how many arguments it takes."""
    for path in product.files():
        for cls in product.nodes(path):
            if isinstance(cls, ast.ClassDef):
                for function in cls.body:
                    if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                        given = function.args
                        count = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs) - 1
                        yield f"{path}: {cls.name}", count


def test_no_constructor_takes_more_than_eight_arguments():
    assert {name for name, count in constructors() if count > MOST_ARGUMENTS} == set()


def test_the_top_folder_holds_few_modules():
    assert len(list(Path(ROOT).glob("*.py"))) <= 7
