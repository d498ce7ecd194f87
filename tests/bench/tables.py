"""Runs the bench as one runs it by hand, and reads its table."""

import subprocess
import sys

from settings import ROOT


def table_of(*arguments: str, figures: tuple[str, ...], within_s: float) -> dict[str, str]:
    """Measure some figures quickly; return what was measured by its row's name.

    Fails with what the bench said where it could not measure. A figure that is missed is none of ours: a tiny run may.
    """
    only = [argument for figure in figures for argument in ("--only", figure)]
    ran = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", *arguments, *only, "--markdown"],
        cwd=ROOT, capture_output=True, text=True, timeout=within_s,
    )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    assert "nan" not in ran.stdout
    table = [line.split("|") for line in ran.stdout.splitlines() if line.count("|") > 5]
    return {cells[1].strip(): cells[2].strip() for cells in table}


def errors_in(rows: dict[str, str]) -> list[str]:
    """Return what the rows of errors say, in their order."""
    return [measured for name, measured in rows.items() if name.endswith("errors")]
