"""The tests run where signals are ignored from birth: in the background of a script, under nohup."""

import subprocess
import sys

import pytest

from settings import ROOT

IN_THE_BACKGROUND = 'trap "" INT QUIT HUP; exec "$@"'


@pytest.mark.of_tests
@pytest.mark.parametrize(
    "test",
    [
        "launch/test_start.py::test_it_ends_both_with_code_0_when_told_to_and_takes_its_port_file_along[1]",
        "simulator/terminal/test_phone.py::test_control_c_hangs_up",
    ],
)
def test_a_signal_that_was_ignored_when_the_tests_began_reaches_what_they_start(test):
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", f"tests/{test}"]

    ran = subprocess.run(
        ["sh", "-c", IN_THE_BACKGROUND, "sh", *command], cwd=ROOT, capture_output=True, text=True, timeout=100
    )

    assert ran.returncode == 0, ran.stdout
