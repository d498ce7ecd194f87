"""The phone and the WhatsApp in the terminal as processes, with a terminal of their own."""

import os
import pty
import select

from tests.simulator.toy_server import response
from tests.warm import PROGRAMS

ASK = (
    "<Gather input='dtmf speech' action='/gather' actionOnEmptyResult='true' bargeIn='true' numDigits='1'>"
    "<Say voice='{voice}'>{text}</Say></Gather>"
)
BYE = response("<Say>Adiós.</Say>", "<Hangup/>")


def ask(text, voice="alice"):
    return response(ASK.format(text=text, voice=voice))


class AtATerminal:
    """The process with a terminal of its own: what it shows can be waited for, and lines typed."""

    def __init__(self, program, url, data_dir):
        self._master, slave = pty.openpty()
        self._shown = bytearray()
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = PROGRAMS.start(
            ["-m", f"tests.simulator.terminal.{program}", "--url", url],
            env=kept | {"LC_ALL": "en_US.UTF-8", "DATA_DIR": str(data_dir), "TERM": "xterm"},
            stdin=slave,
            stdout=slave,
        )
        os.close(slave)

    def type(self, line):
        os.write(self._master, f"{line}\n".encode())

    def wait_for(self, text):
        while text.encode() not in self._shown:
            ready, _, _ = select.select([self._master], [], [], 20)
            assert ready, self._shown.decode()
            self._shown.extend(os.read(self._master, 4096))

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._master)
