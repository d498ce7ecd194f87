"""The smallest app that start.sh and gunicorn can serve: what they do is tested apart from what it does."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import click
from flask import Flask, request
from flask.cli import AppGroup


def create_app():
    if os.environ.get("TOY_WEB") == "dies" and "gunicorn" in sys.argv[0]:
        raise RuntimeError("told to die")
    app = Flask("toy")
    app.extensions["container"] = Container()
    app.config["MAX_CONTENT_LENGTH"] = 8_000_000
    app.cli.add_command(_database())
    app.cli.add_command(_worker)
    app.cli.add_command(_dashboard_link)

    @app.get("/health")
    def health():
        return {"pid": os.getpid(), "parent": os.getppid(), "port": os.environ.get("PORT")}

    @app.get("/slow")
    def slow():
        click.echo("slow begins", err=True)
        time.sleep(float(request.args["seconds"]))
        return "finished"

    @app.post("/length")
    def length():
        return str(len(request.get_data()))

    @app.get("/large")
    def large():
        return b"x" * int(request.args["bytes"])

    all_of_them = threading.Barrier(40)

    @app.get("/together")
    def together():
        all_of_them.wait(60)
        return "all 40 came"

    @app.get("/environ")
    def environ():
        return {key: value for key, value in request.environ.items() if isinstance(value, str)}

    return app


class Container:
    def begin_serving(self, give_up=None):
        click.echo("serving begins", err=True)

    def end_serving(self):
        click.echo("serving ends", err=True)


def _database():
    group = AppGroup("db")

    @group.command("upgrade")
    def upgrade():
        if os.environ.get("TOY_MIGRATION") == "fails":
            click.echo("no such table", err=True)
            sys.exit(1)
        Path("migrated").touch()

    return group


@click.command("worker")
def _worker():
    if os.environ.get("TOY_WORKER") == "dies":
        sys.exit(7)
    told_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    Path("worker.pid.new").write_text(str(os.getpid()))
    Path("worker.pid.new").replace("worker.pid")
    click.echo("worker begins", err=True)
    told_to_end.wait()
    click.echo("worker ended well", err=True)


@click.command("dashboard-link")
def _dashboard_link():
    sys.stdout.reconfigure(errors="replace")  # as a command of ours does
    click.echo("Once:\n  http://127.0.0.1/open?key=á")
