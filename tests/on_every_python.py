"""Start the program and run the quick tests on every other Python of this machine: `python -m tests.on_every_python`.

Each has its own environment in .pythons/, which is made again when the locked requirements change; with --install
it is made and warmed, and no more. They share one data folder, one after the other, so that each opens the database
that another made. Their tests run at the same time, a few processes for each: every process has to collect all of
them. Ends with 1 where any failed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.warm import hear_signals_in_programs

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".pythons"
REQUIREMENTS = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
OLDEST = (3, 11)
OLDEST_SQLITE = (3, 35)
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14", "python3")
READY_WITHIN_S = 120
PATH = "/usr/local/bin:/usr/bin:/bin"
SAID_ON_FAILURE = 3000
PYTEST = ["-m", "pytest", "-p", "no:cacheprovider"]
PROCESSES = 3 * (os.cpu_count() or 2)
"""Of all tests together: more than cores, as in test.sh."""
OK = "ok"
OPENING = "lunes a jueves"  # is in what the default profile's assistant says of the opening hours

ASK = """import json, sqlite3, sys
print(json.dumps([sys.executable, sys.version_info[:3], sys.version_info.releaselevel, sqlite3.sqlite_version_info]))"""


class Failed(Exception):
    """It does not run on a Python that the README promises. The message says how."""


@dataclass(frozen=True)
class Python:
    """An interpreter, and the SQLite that it has."""

    path: str
    version: tuple[int, ...]
    release: str
    sqlite: tuple[int, ...]

    def __str__(self) -> str:
        return f"Python {dotted(self.version)} with SQLite {dotted(self.sqlite)}"

    @property
    def is_promised(self) -> bool:
        return self.release == "final" and self.sqlite >= OLDEST_SQLITE

    @property
    def environment(self) -> Path:
        return ENVIRONMENTS / f"{dotted(self.version)}-sqlite-{dotted(self.sqlite)}"

    @property
    def program(self) -> Path:
        return self.environment / "bin" / "python"


def main(arguments: list[str]) -> int:
    hear_signals_in_programs()
    here = ask(sys.executable)
    assert here is not None
    if arguments == ["--install"]:
        return each_of(others(here, candidates()), prepare)
    with tempfile.TemporaryDirectory(prefix="on every python ") as folder, ExitStack() as at_end:
        return start_and_test(here, others(here, candidates()), Path(folder), at_end)


def start_and_test(here: "Python", found: "list[Python]", folder: Path, at_end: ExitStack) -> int:
    """Start the program on each, one after the other, and wait for the tests of the others, which begin meanwhile.

    at_end: ends what is still running. Return 1 where any failed.
    """
    running: dict[Python, Tests] = {}

    def begin(python: Python) -> str:
        if python is not here and (trouble := install(python)) != OK:
            return trouble
        start(Path(sys.prefix) if python is here else python.environment, folder, folder / "data")
        if python is not here:  # all tests ran on ours
            running[python] = Tests(python, folder, max(1, PROCESSES // len(found)))
            at_end.callback(running[python].end)
        return "starts"

    failed = each_of([here, *found], begin)
    return max(failed, each_of(list(running), lambda python: running[python].outcome()))


def each_of(pythons: list[Python], do: Callable[[Python], str]) -> int:
    """Do something with each, and print what became of it; return 1 where any failed."""
    failed = False
    for python in pythons:
        began = time.monotonic()
        try:
            outcome = do(python)
        except Failed as error:
            outcome = f"FAILED: {error}"
            failed = True
        print(f"{python}: {outcome} ({time.monotonic() - began:.0f} s)", flush=True)
    return 1 if failed else 0


# Which there are


def candidates() -> list[Path]:
    """Return where Pythons are looked for: each folder of the PATH, the system's, and what pyenv has installed."""
    folders = dict.fromkeys(f"{os.environ.get('PATH', '')}:{PATH}".split(":"))
    named = [shutil.which(name, path=folder) for folder in folders if folder for name in NAMES]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [Path(name) for name in named if name] + sorted(pyenv.glob("versions/*/bin/python3"))


def others(here: Python, paths: list[Path]) -> list[Python]:
    """Return those that are new enough, each version with each SQLite once and not ours, oldest first."""
    found = {(here.version, here.sqlite): here}
    for path in paths:
        python = ask(path)
        if python is not None and python.version >= OLDEST:
            found.setdefault((python.version, python.sqlite), python)
    return sorted((python for python in found.values() if python is not here), key=lambda each: each.version)


def ask(path: str | Path) -> Python | None:
    """Return what a program says of itself; None where it is no Python that can."""
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        said = subprocess.run([path, "-I", "-c", ASK], capture_output=True, text=True, timeout=20, check=True)
        executable, version, release, sqlite = json.loads(said.stdout)
        return Python(executable, tuple(version), release, tuple(sqlite))
    return None


# On each


def prepare(python: Python) -> str:
    """Make its environment, and compile what its tests import: each of their processes would do so for itself."""
    outcome = install(python)
    if outcome == OK:
        collect = [python.program, *PYTEST, "-n", "0", "--collect-only", "--extent", "quick"]
        with tempfile.TemporaryDirectory() as home:
            subprocess.run(collect, cwd=ROOT, env=clean_environment(Path(home)), capture_output=True)
    return outcome


def install(python: Python) -> str:
    """Make its environment; return OK, or why it is left out. Raises Failed where the README promises that it runs."""
    if not (trouble := make_environment(python)):
        return OK
    if python.is_promised:
        raise Failed(trouble)
    return f"left out: {trouble}"


def make_environment(python: Python) -> str:
    """Make it, if what is there is not what is locked; return what went wrong, or ""."""
    stamp = python.environment / "installed"
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in REQUIREMENTS)).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted and ask(python.program):
        return ""
    venv = [python.path, "-I", "-m", "venv", "--clear", python.environment]
    made = subprocess.run(venv, capture_output=True, text=True)
    if made.returncode != 0:
        return f"no environment can be made: {made.stdout}{made.stderr}"
    if trouble := install_requirements(python):
        return f"the locked requirements cannot be installed: {trouble[-SAID_ON_FAILURE:]}"
    lock = hashlib.sha256(REQUIREMENTS[0].read_bytes()).hexdigest()
    (python.environment / "installed-requirements.txt").write_text(
        lock
    )  # for start.sh, which installs nothing then
    stamp.write_text(wanted)
    return ""


def install_requirements(python: Python) -> str:
    """Install what is locked; return what went wrong, or "".

    pip, which takes a minute of processor, follows where uv cannot, as with an index that its own configuration names.
    """
    files = [argument for file in REQUIREMENTS for argument in ("--requirement", file)]
    uv = [Path(sys.prefix) / "bin" / "uv", "pip", "install", "--python", python.program]
    if subprocess.run([*uv, "--require-hashes", "--quiet", *files], capture_output=True).returncode == 0:
        return ""
    pip = [python.program, "-m", "pip", "install", "--require-hashes", "--quiet", "--no-input"]
    done = subprocess.run([*pip, "--disable-pip-version-check", *files], capture_output=True, text=True)
    return done.stderr if done.returncode != 0 else ""


def start(environment: Path, folder: Path, data: Path) -> None:
    """Start a copy with ./start.sh, call it as `phone --script` does, end it. Raises Failed."""
    copy = folder / f"copy of {environment.name}"
    copy_program(copy)
    (copy / ".venv").symlink_to(environment)
    clean = clean_environment(folder) | {"DATA_DIR": str(data)}
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(
            [copy / "start.sh"], cwd="/", env=clean, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            start_new_session=True,
        )  # fmt: skip
        trouble = ""
        try:
            wait_until_healthy(process, data)
            call(copy, clean)
        except Failed as error:
            trouble = str(error)
        finally:
            process.terminate()
            code = process.wait(timeout=60)
        if trouble or code != 0:
            said.seek(0)
            raise Failed(f"{trouble or f'./start.sh ended with {code}'}\n{said.read()[-SAID_ON_FAILURE:]}")


def copy_program(copy: Path) -> None:
    """Copy what git tracks, and what is new."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)


def wait_until_healthy(process: "subprocess.Popen[bytes]", data: Path) -> None:
    end = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, ValueError, urllib.error.URLError):
            port = int((data / "port").read_text())
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as response:
                if json.load(response)["status"] == "ok":
                    return
        time.sleep(0.2)
    raise Failed("./start.sh did not come up")


def call(copy: Path, environment: dict[str, str]) -> None:
    lines = copy / "what is said"
    lines.write_text("¿Qué horario tienen?\n/hangup\n")
    command = [".venv/bin/flask", "--app", "app", "phone", "--script", lines.name]
    said = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL
    )  # fmt: skip
    if said.returncode != 0 or OPENING not in said.stdout:
        raise Failed(f"a call failed: {said.stdout[-SAID_ON_FAILURE:]}{said.stderr[-SAID_ON_FAILURE:]}")


class Tests:
    """The quick tests on a Python, which run beside whatever else does."""

    def __init__(self, python: Python, folder: Path, processes: int) -> None:
        home = folder / f"home of {python.environment.name}"
        home.mkdir()
        self._said = (home / "said").open("w+")
        command = [python.program, *PYTEST, "-n", f"{processes}", "--dist", "worksteal", "--extent", "quick"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment(home, "TMPDIR"), stdin=subprocess.DEVNULL,
            stdout=self._said, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def outcome(self) -> str:
        """Wait for their end, and return OK. Raises Failed."""
        if self._process.wait() != 0:
            self._said.seek(0)
            raise Failed(f"the quick tests\n{self._said.read()[-3 * SAID_ON_FAILURE :]}")
        return OK

    def end(self) -> None:
        """End them, if they have not."""
        self._process.terminate()
        self._process.wait()
        self._said.close()


def clean_environment(folder: Path, *kept: str) -> dict[str, str]:
    """Return the variables for a program, and those of ours that are kept. folder: its home."""
    ours = {name: os.environ[name] for name in kept if name in os.environ}
    return {"HOME": str(folder), "PATH": PATH, **ours}


def dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
