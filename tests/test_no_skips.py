import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("body", "is_failure"),
    [
        ("def test_a(): pass", False),
        ("import pytest\n@pytest.mark.skip('no reason')\ndef test_a(): pass", True),
        ("import pytest\npytest.importorskip('no_such_module')", True),
        ("import pytest\n@pytest.mark.xfail\ndef test_a(): assert False", False),
        ("def test_a(): assert False", True),
    ],
    ids=["passed", "skipped", "skipped whole", "expected to fail", "failed"],
)
@pytest.mark.of_tests
@pytest.mark.parametrize("processes", [[], ["-p", "xdist", "-n", "1"]], ids=["alone", "with xdist"])
def test_a_run_with_skips_fails(tmp_path, pytestconfig, body, is_failure, processes):
    (tmp_path / "test_it.py").write_text(f"{body}\ndef test_other(): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.no_skips", f"--rootdir={tmp_path}", *processes]

    ended = subprocess.run(
        [*command, tmp_path / "test_it.py"],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )

    assert (ended.returncode != 0) == is_failure, ended.stdout
