"""make_call.py as a process, and what it printed."""

import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.warm import PROGRAMS

ROOT = Path(__file__).resolve().parent.parent.parent
TO, SENDER = "+34600000001", "+12025550100"
_UNUSED_PORT = 1  # nobody listens on tcpmux
WORDS = {"es": "es_ES.UTF-8", "en": "en_GB.UTF-8"}


class Dialer:
    """Runs make_call.py. Settings are what is given here and nothing else: no .env, no environment."""

    def __init__(self, twilio, directory, server):
        self.server = server
        self.env_file = directory / "empty.env"
        self.env_file.touch()
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": WORDS["en"],
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "TWILIO_PHONE_NUMBER": SENDER,
            "TWILIO_API_URL": twilio.url,
            "WEBHOOK_URL": server.url,
        }

    def start(self, *arguments, without=(), **settings):
        environment = {k: v for k, v in {**self.environment, **settings}.items() if k not in without}
        command = [ROOT / "make_call.py", "--env-file", self.env_file, "--poll-s", "0.02"]
        return PROGRAMS.start(
            [*command, *arguments],
            env=environment,
            cwd=self.env_file.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments, without=(), **settings):
        return Ended(self.start(*arguments, without=without, **settings))


class Server:
    """A server at a public address. health: the status and the body of its /health."""

    def __init__(self):
        self.health = (200, b'{"status": "ok", "database": "ok"}')
        self.asked = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                fake.asked.append(self.path)
                status, body = fake.health
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


class Ended:
    def __init__(self, process):
        self.out, self.err = process.communicate(timeout=90)
        self.code = process.returncode

    @property
    def statuses(self):
        """The lines of progress, without their times."""
        return re.findall(r"^ +\d+:\d\d  (.+)$", self.out, re.MULTILINE)
