"""Starts the measured processes as start.sh does, and reads their CPU and memory."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from bench import ceilings

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 60.0
STOPS_WITHIN_S = 20.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_Number = TypeVar("_Number", int, float)

PUBLIC_URL = "https://bench.example"
AUTH_TOKEN = "bench-auth-token"
ACCOUNT_SID = f"AC{'b' * 32}"
OUR_NUMBER = "+12025550100"


class BenchError(Exception):
    """The bench cannot go on. The message says why."""


@dataclass
class Process:
    """One process with its children, in a session of its own."""

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path
    part: int | None = None
    """The id of the measured process, children included; None: all processes started."""

    def cpu_s(self) -> float:
        """Return the CPU seconds (user and system) so far, children's included. Raises OSError where it has ended."""
        return self._summed(_cpu_s)

    def memory_kb(self) -> int:
        """Return the kilobytes of memory, children's included, with shared pages counted once (PSS).

        Raises OSError where it has ended.
        """
        return self._summed(_pss_kb)

    def threads(self) -> int:
        """Return the number of threads, children's included. Raises OSError where it has ended."""
        return self._summed(lambda pid: len(list(Path(f"/proc/{pid}/task").iterdir())))

    def _summed(self, measure: Callable[[int], _Number]) -> _Number:
        """Add up what is measured of it and of its children, without those that end meanwhile."""
        mine = self.part or self.popen.pid
        total, found = measure(mine), _children(mine)
        while found:
            pid = found.pop()
            with suppress(OSError):
                total += measure(pid)
                found += _children(pid)
        return total

    def parts(self) -> list["Process"]:
        """Return the child processes that run the same command, in the order of forking."""
        mine, parts = _command(self.popen.pid), []
        for pid in sorted(_children(self.popen.pid)):
            with suppress(OSError):  # it has just ended
                if _command(pid) == mine:
                    parts.append(replace(self, part=pid))
        return parts

    def stop(self) -> None:
        """End it, and whatever is left of it."""
        self.popen.terminate()
        try:
            self.popen.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _children(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # a thread that has just ended
            children += map(int, (task / "children").read_text().split())
    return children


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _cpu_s(pid: int) -> float:
    # After the name, which is in brackets and may hold spaces: utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _pss_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


@dataclass
class Server:
    """A web server to be called, with the worker beside it where it has one."""

    name: str
    port: int
    whole: Process
    web: Process
    worker: Process | None = None
    database: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def log_in(self) -> str:
        """Open the dashboard as an operator on this machine does; return the session's cookies."""
        said = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "dashboard-link"], cwd=ROOT,
            env=_environment(self.environment), check=True, capture_output=True, text=True,
        )  # fmt: skip
        link = urlsplit(said.stdout.split()[-1])
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", f"{link.path}?{link.query}")
        cookies = connection.getresponse().headers.get_all("Set-Cookie", [])
        connection.close()
        return "; ".join(cookie.partition(";")[0] for cookie in cookies)

    def memory_kb(self) -> int:
        """Return the memory (PSS) of the web server and the worker, without their supervisor."""
        return sum(part.memory_kb() for part in (self.web, self.worker) if part is not None)


@dataclass
class Machine:
    """Starts and ends the measured processes."""

    folder: Path
    model_port: int = 0
    twilio_port: int = 0
    stand_ins: dict[str, Process] = field(default_factory=dict)
    """The model and Twilio: what they take of the machine is not the program's."""
    _running: list[Process] = field(default_factory=list)

    def start_model(self) -> None:
        """Start the model that all the others ask."""
        self.model_port = self.start_stand_in("model")

    def start_app(self, name: str, **settings: str) -> Server:
        """Start the program, web server and worker, over a database of its own (an existing one is kept)."""
        data = self.folder / name
        data.mkdir(exist_ok=True)
        port = free_port()
        environment = {
            "DATA_DIR": str(data),
            "DATABASE_URL": f"sqlite:///{data / 'assistant.db'}",
            "PORT": str(port),
            "WEBHOOK_URL": PUBLIC_URL,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "CALL_MAX_MINUTES": "240",
            "OPENAI_MODEL": "bench",
            "LOG_FORMAT": "json",
            **self._model_environment(),
            **settings,
        }
        whole = self._start(name, [sys.executable, "-m", "launch"], environment)
        _wait_until_answering(port, whole)
        ceilings.lift(environment["DATABASE_URL"])
        web, worker, *_ = whole.parts()  # a command that says where the dashboard is may be just beginning
        return Server(name, port, whole, web, worker, data / "assistant.db", environment)

    def start_whatsapp(self, name: str, **settings: str) -> Server:
        """Start the program as one that answers WhatsApp, with Twilio's REST API beside it."""
        if not self.twilio_port:
            self.twilio_port = self.start_stand_in("twilio")
        return self.start_app(
            name,
            TWILIO_ACCOUNT_SID=ACCOUNT_SID,
            TWILIO_WHATSAPP_NUMBER=OUR_NUMBER,
            TWILIO_API_URL=f"http://127.0.0.1:{self.twilio_port}",
            WHATSAPP_SETTLE_S="0",
            **settings,
        )

    def start_floor(self, app: str = "floor_app", processes: int = 1) -> Server:
        """Start the smallest app that does it, under the same gunicorn."""
        port = free_port()
        environment = {
            "PORT": str(port),
            "DATA_DIR": str(self.folder),
            "WEB_CONCURRENCY": f"{processes}",  # what one remembers is in one process's RAM
            **self._model_environment(),
        }
        web = self._start(app, gunicorn(f"bench.servers.{app}:app"), environment)
        _wait_until_answering(port, web)
        return Server(app, port, web, web)

    def stop(self, server: Server) -> None:
        """End a server and its worker."""
        server.whole.stop()
        self._running.remove(server.whole)

    def close(self) -> None:
        """End everything."""
        for process in reversed(self._running):
            process.stop()
        self._running.clear()

    def start_stand_in(self, name: str) -> int:
        """Start one of the bench's stand-ins; return its port."""
        port = free_port()
        process = self._start(name, [sys.executable, "-m", f"bench.servers.{name}_server", str(port)], {})
        _wait_until_answering(port, process)
        self.stand_ins[name] = process
        return port

    def _model_environment(self) -> dict[str, str]:
        return {"OPENAI_BASE_URL": f"http://127.0.0.1:{self.model_port}/v1", "OPENAI_API_KEY": "sk-bench"}

    def _start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Process:
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            popen = subprocess.Popen(
                command, cwd=ROOT, env=_environment(environment), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        process = Process(name, popen, log)
        self._running.append(process)
        return process


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A machine whose processes end with the block."""
    running = Machine(folder)
    try:
        running.start_model()
        yield running
    finally:
        running.close()


def gunicorn(app: str) -> list[str]:
    """Return the command that serves an app as start.sh does."""
    return [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), app]


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return {**kept, "MALLOC_ARENA_MAX": "2", "PYTHONPATH": str(ROOT), **more}  # the arenas as in start.sh


def _wait_until_answering(port: int, process: Process) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.popen.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BenchError(f"{process.name} did not start: {process.log.read_text()[-2000:]}")
