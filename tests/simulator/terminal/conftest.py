"""Fixtures that several modules of this folder share."""

import os

import pytest

from tests.simulator.terminal.terminals import BYE, ask
from tests.simulator.toy_server import Reply
from tests.warm import PROGRAMS


@pytest.fixture
def answered(server):
    server.on("/voice", ask("Hola, dígame."))
    server.on("/gather", ask("Abrimos a las nueve."), BYE)
    server.on("/status", Reply(status=204, body="", content_type=None))
    return server


@pytest.fixture
def run(server, tmp_path):
    def run(*arguments, script=None, typed="", lang="en_US.UTF-8", url=True, **environment):
        if script is not None:
            (tmp_path / "script.txt").write_text("\n".join(script))
            arguments += ("--script", str(tmp_path / "script.txt"))
        if url:
            arguments += ("--url", server.url)
        environment = {"LC_ALL": lang, "DATA_DIR": str(tmp_path), "COLUMNS": "100", **environment}
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return PROGRAMS.run(
            ["-m", "tests.simulator.terminal.run_phone", *arguments],
            env=kept | environment,
            input=typed,
            timeout=60,
        )

    return run
