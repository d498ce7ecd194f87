"""Reads one list as `campaign create` does, and tells what that took: `python -m bench.campaigns.list_reader FILE`.

Prints {"recipients": 100000, "seconds": 6.1, "kb": 80000}: the memory at the most, beyond that of the process before.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from messaging.campaigns.files.lists import Reading, Wording, read_list

_WORDING = Wording(f"HX{'b' * 32}", "", {"1": "{nombre}", "2": "{fecha} a las {hora}"})


def main(path: Path) -> None:
    """Read a list."""
    reading = Reading("es-ES", ZoneInfo("Europe/Madrid"), datetime.now(UTC))
    before_kb, began = _kb("VmRSS"), time.monotonic()
    found = read_list(path, _WORDING, reading)
    seconds = time.monotonic() - began
    print(
        json.dumps({"recipients": len(found.recipients), "seconds": seconds, "kb": _kb("VmHWM") - before_kb})
    )


def _kb(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
