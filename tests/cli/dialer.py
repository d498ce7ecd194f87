"""make_call.py as a process, and what it printed."""

import os
import re
import subprocess
from pathlib import Path

from tests.warm import PROGRAMS

ROOT = Path(__file__).resolve().parent.parent.parent
TO, SENDER = "+34600000001", "+12025550100"
_UNUSED_PORT = 1  # nobody listens on tcpmux
WORDS = {"es": "es_ES.UTF-8", "en": "en_GB.UTF-8"}


class Dialer:
    """Runs make_call.py. Settings are what is given here and nothing else: no .env, no environment."""

    def __init__(self, twilio, directory):
        self.env_file = directory / "empty.env"
        self.env_file.touch()
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": WORDS["en"],
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "TWILIO_PHONE_NUMBER": SENDER,
            "TWILIO_API_URL": twilio.url,
            "WEBHOOK_URL": "https://assistant.example.com",
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


class Ended:
    def __init__(self, process):
        self.out, self.err = process.communicate(timeout=90)
        self.code = process.returncode

    @property
    def statuses(self):
        """The lines of progress, without their times."""
        return re.findall(r"^ +\d+:\d\d  (.+)$", self.out, re.MULTILINE)
