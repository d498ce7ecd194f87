"""The toy app, served by gunicorn with the project's configuration."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OTHERS_WAIT_AT_MOST_S = 1.0


class Gunicorn:
    """The toy app, served as gunicorn.conf.py says, on a socket handed down."""

    def __init__(self, folder: Path, *options: str, limit: int | None = None, **environment: str) -> None:
        """limit: of descriptors, for it and all that it starts."""
        self.folder = folder
        self.listener = socket.create_server(("127.0.0.1", 0))
        descriptor = self.listener.fileno()
        limited = ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh"] if limit else []
        command = [
            *limited,
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "gunicorn.conf.py",
            "--bind",
            f"fd://{descriptor}",
        ]
        self.process = subprocess.Popen(
            [*command, *options, "app:create_app()"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "WEB_CONCURRENCY": "1", **environment},
            pass_fds=[descriptor],
            text=True,
            stderr=subprocess.PIPE,
        )
        self.health()

    @property
    def address(self):
        return self.listener.getsockname()

    def get(self, path: str, **headers: str) -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{self.address[1]}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read().decode()

    def health(self) -> dict:
        return json.loads(self.get("/health"))

    def read_until(self, words: str) -> None:
        while words not in (line := self.process.stderr.readline()):
            assert line, f"gunicorn ended without saying {words!r}"

    def end(self) -> int:
        self.end_and_read()
        return self.process.returncode

    def end_and_read(self) -> str:
        """End it, and return what it has said since it was read last."""
        self.process.terminate()
        _, said = self.process.communicate(timeout=30)
        self.listener.close()
        return said


def seconds_for_a_request(server: Gunicorn) -> float:
    began = time.monotonic()
    server.health()
    return time.monotonic() - began
