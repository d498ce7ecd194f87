"""Makes .venv and installs the locked requirements: `python launch/install.py [--language es] FILE...`.

It runs on any Python 3.11 or later, and imports only the standard library and `translations`. It does nothing if the
requirements are installed already. Exit code 1: it failed, and printed the solution.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # it has launch/ only, or with -I no folder of ours

from translations import gettext as _  # noqa: E402
from translations import language_of_locale, set_process_language  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LINES_SHOWN_ON_FAILURE = 12
_NO_ENV_FILE = "import os; os.environ.setdefault('FLASK_SKIP_DOTENV', '1')\n"
"""Run at the start of .venv's Python (https://docs.python.org/3/library/site.html), before flask reads anything."""


def main() -> int:
    """Install the missing requirements; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--language", default="es", help="a language or a locale, such as es_MX.UTF-8")
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    set_process_language(language_of_locale(arguments.language))
    with _locked():
        return 0 if _is_installed(arguments.files) else _install(arguments.files)


def _install(files: list[Path]) -> int:
    if not _works():
        if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
            return _fail(
                _(
                    "This Python lacks venv. On Debian or Ubuntu: sudo apt install python{major}.{minor}-venv"
                ).format(major=sys.version_info[0], minor=sys.version_info[1])
            )
        _say(_("Making .venv ..."))
        if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode != 0:  # noqa: S603
            return _fail(_could_not())
    _say(
        _("Installing {count} packages; the first time takes a minute or two ...").format(
            count=sum(_count(file) for file in files)
        )
    )
    if not _pip(files):
        return _fail(_could_not())
    _leave_env_file_to_settings()
    for file in files:
        _stamp(file).write_text(_fingerprint(file), encoding="ascii")
    _say(_("Installed."))
    return 0


def _leave_env_file_to_settings() -> None:
    """Have flask not read .env by itself: its words are English, and it looks in the folders above as well."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answered = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, check=True)  # noqa: S603
    (Path(answered.stdout.strip()) / "leave_env_file.pth").write_text(_NO_ENV_FILE, encoding="ascii")


def _could_not() -> str:
    return _("Could not install. The last of what pip said is above; it can be tried again.")


def _is_installed(files: list[Path]) -> bool:
    return _works() and all(
        _stamp(file).is_file() and _stamp(file).read_text(encoding="ascii") == _fingerprint(file)
        for file in files
    )


def _works() -> bool:
    # Upgrading or removing Python leaves .venv with a broken link.
    if not PYTHON.exists():
        return False
    return subprocess.run([str(PYTHON), "-c", "import pip"], capture_output=True).returncode == 0  # noqa: S603


def _pip(files: list[Path]) -> bool:
    wanted = [argument for file in files for argument in ("--requirement", str(file))]
    options = ["--require-hashes", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    for file in files:
        _stamp(file).unlink(missing_ok=True)  # half an installation must not count as installed
    process = subprocess.Popen(  # noqa: S603
        [str(PYTHON), "-m", "pip", "install", *options, *wanted],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    lines = deque(_shown(process.stdout or []), maxlen=LINES_SHOWN_ON_FAILURE)
    if process.wait() == 0:
        return True
    _say("".join(lines))
    return False


def _shown(lines: "Iterator[str] | list[str]") -> Iterator[str]:
    """Yield pip's lines, and count the packages on a terminal."""
    collected = 0
    for line in lines:
        if line.startswith("Collecting ") and sys.stderr.isatty():
            collected += 1
            sys.stderr.write(f"\r\x1b[K  {collected}  {line.split()[1]}")
            sys.stderr.flush()
        yield line
    if collected:
        sys.stderr.write("\r\x1b[K")


def _count(file: Path) -> int:
    return sum("==" in line for line in file.read_text(encoding="utf-8").splitlines())


def _stamp(file: Path) -> Path:
    return VENV / f"installed-{file.name}"


def _fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@contextmanager
def _locked() -> Iterator[None]:
    """Hold a lock on the folder: another installation in it waits."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _fail(text: str) -> int:
    _say(text)
    return 1


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
