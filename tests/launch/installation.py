"""A house to start: what start.sh needs, with a toy for an app, in a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60
_OBSERVABILITY = ("disabled_features.py", "doubtful_settings.py", "logging.py", "settings_errors.py")


class Installation:
    """A copy of what start.sh needs, with a toy for an app, in a folder whose name has spaces."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.starts: list[Start] = []
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "es_ES.UTF-8"}
        folder.mkdir()
        for name in (
            "start.sh",
            "phone_numbers.py",
            "gunicorn.conf.py",
            "requirements.txt",
        ):
            shutil.copy(ROOT / name, folder)
        for name in ("common", "integrations", "launch", "settings", "translations"):
            shutil.copytree(ROOT / name, folder / name)
        parts = {"storage": ("data_dir.py", "connections.py"), "observability": _OBSERVABILITY}
        for package, modules in parts.items():
            (folder / package).mkdir()
            for name in ("__init__.py", *modules):
                shutil.copy(ROOT / package / name, folder / package)
        shutil.copy(ROOT / "tests" / "launch" / "toy_app.py", folder / "app.py")

    def furnish(self) -> None:
        """Give it a .venv that has all: this interpreter's own."""
        venv = self.folder / ".venv"
        venv.mkdir()
        for part in ("bin", "lib", "pyvenv.cfg"):
            (venv / part).symlink_to(Path(sys.prefix) / part)
        self.stamp.write_text(self.fingerprint())

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv" / "installed-requirements.txt"

    def fingerprint(self) -> str:
        return subprocess.run(
            ["sha256sum", "requirements.txt"], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout.split()[0]

    def start(self, **environment: str) -> "Start":
        self.starts.append(Start(self, self.environment | environment))
        return self.starts[-1]

    def clear(self) -> None:
        for start in self.starts:
            if start.process.poll() is None:
                start.end()

    def fail_to_start(self, **environment: str) -> str:
        """Start it, see it end with 1, and return what it said."""
        start = self.start(**environment)
        said = start.read_to_end()
        assert start.process.returncode == 1, said
        return said

    @property
    def port_file(self) -> Path:
        return self.folder / "data" / "port"

    def worker_pid(self) -> int:
        """Wait for a worker and return its process's number."""
        deadline = time.monotonic() + PATIENCE_S
        while not (self.folder / "worker.pid").exists():
            assert time.monotonic() < deadline, "there is no worker"
            time.sleep(0.05)
        return int((self.folder / "worker.pid").read_text())


class Start:
    """One ./start.sh, run from another folder."""

    def __init__(self, installation: Installation, environment: dict[str, str]) -> None:
        self.installation = installation
        self.said = ""
        self.process = subprocess.Popen(
            [installation.folder / "start.sh"],
            cwd="/",
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def read_until(self, words: str) -> str:
        """Read on from where reading ended last, and return what was said up to these words."""
        heard = ""
        while words not in heard:
            line = self.process.stdout.readline()
            assert line, f"it ended without saying {words!r}:\n{self.said}"
            self.said += line
            heard += line
        return heard

    def until_ready(self) -> "Start":
        self.read_until("Ctrl+C")
        return self

    def read_to_end(self) -> str:
        rest, _ = self.process.communicate(timeout=PATIENCE_S)
        self.said += rest
        return self.said

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.read_to_end()
        return self.process.returncode

    def get(self, path: str) -> str:
        port = int(self.installation.port_file.read_text())
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_S) as response:
            return response.read().decode()

    def health(self) -> dict:
        return json.loads(self.get("/health"))


def tools(tmp_path: Path, **scripts: str) -> Path:
    """A PATH with what start.sh calls, these scripts, and no other Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "sh", "dirname", "env"):
        (folder / name).symlink_to(shutil.which(name))
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder
