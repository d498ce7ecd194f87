"""Draws the pictures of a call: `.venv/bin/python docs/pictures/make.py`, in a folder without .env.

Each picture is a real call: the assistant starts without settings, on a database of its own; the terminal phone says
the lines of call.LANGUAGE.txt; its output is drawn.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COLUMNS = 92
READY_WITHIN_S = 60.0
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Picture:
    """A call to draw. locale and profile: the assistant's."""

    language: str
    locale: str
    profile: str
    caller: str
    called: str
    title: str


PICTURES = (
    Picture("en", "en_US.UTF-8", "reception.en", "+12025550123", "+12025550110", "flask --app app phone"),
    Picture("es", "es_ES.UTF-8", "recepcion.es", "+34600000001", "+34600000010", "flask --app app phone"),
)


def main() -> None:
    """Draw every picture anew."""
    if (ROOT / ".env").exists():
        sys.exit("There is a .env here: what it sets would show in the pictures.")
    for picture in PICTURES:
        with tempfile.TemporaryDirectory() as data, _assistant(picture, Path(data)) as environment:
            printed = _call(picture, environment)
        (HERE / f"call.{picture.language}.svg").write_text(_svg(picture, printed), encoding="utf-8")


@contextmanager
def _assistant(picture: Picture, data: Path) -> Iterator[dict[str, str]]:
    """Run the assistant; yield the environment for the phone."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(data),
        "LANG": picture.locale,
        "PYTHONUTF8": "1",
        "DATA_DIR": str(data),
        "ASSISTANT_PROFILE": picture.profile,
    }
    running = subprocess.Popen([sys.executable, "-m", "launch"], cwd=ROOT, env=environment)
    try:
        _wait_until_ready(data / "port")
        yield environment
    finally:
        running.terminate()
        running.wait()


def _wait_until_ready(port_file: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            urlopen(f"http://127.0.0.1:{int(port_file.read_text())}/health", timeout=5).close()
        except (OSError, ValueError, URLError):
            time.sleep(0.2)
        else:
            return
    sys.exit("The assistant did not start.")


def _call(picture: Picture, environment: dict[str, str]) -> str:
    """Make the call and return the phone's output for a terminal, colours included."""
    phone = [sys.executable, "-m", "flask", "--app", "app", "phone"]
    numbers = ["--from", picture.caller, "--to", picture.called]
    script = ["--script", str(HERE / f"call.{picture.language}.txt")]
    # Colours as on a terminal, without animation.
    terminal = {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "0", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    run = subprocess.run(  # noqa: S603
        [*phone, *numbers, *script],
        cwd=ROOT, env=environment | terminal, stdout=subprocess.PIPE, encoding="utf-8", check=True,
    )  # fmt: skip
    return run.stdout


def _svg(picture: Picture, printed: str) -> str:
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(re.sub(r"\x1b\[\?25[lh]", "", printed).strip()))
    svg = console.export_svg(title=picture.title, theme=MONOKAI, unique_id=f"call-{picture.language}")
    # rich's own fonts come from a server; the picture must not depend on one
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"font-family: (Fira Code, monospace|arial);", f"font-family: {FONTS};", svg)


if __name__ == "__main__":
    main()
