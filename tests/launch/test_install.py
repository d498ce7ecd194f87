import shlex
import subprocess
import sys

import pytest

from tests.launch.installation import tools

PYTHON = shlex.quote(sys.executable)


def test_without_a_python_that_is_new_enough_it_says_so_and_ends(bare_house, tmp_path):
    ages_ago = "import sys; sys.version_info = (3, 10, 14);"
    bin_folder = tools(tmp_path, python3=f'#!/bin/sh\nexec {PYTHON} -c "{ages_ago} $2"\n')

    said = bare_house.fail_to_start(PATH=str(bin_folder))

    assert said.startswith("Hace falta Python 3.11 o posterior")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("locale", "begins"),
    [("es_MX.UTF-8", "A este Python le falta venv."), ("C", "This Python lacks venv.")],
)
def test_without_the_venv_module_it_says_what_to_install(bare_house, tmp_path, locale, begins):
    without_ensurepip = "import runpy, sys; sys.modules['ensurepip'] = None; sys.argv = sys.argv[2:]; "
    bin_folder = tools(
        tmp_path,
        python3=f"""#!/bin/sh
[ "$1" = -I ] || exec {PYTHON} "$@"
exec {PYTHON} -c "{without_ensurepip} runpy.run_path(sys.argv[0], run_name='__main__')" "$@"
""",
    )

    said = bare_house.fail_to_start(PATH=str(bin_folder), LANG=locale)

    major, minor = sys.version_info[:2]
    assert said.startswith(begins) and f"sudo apt install python{major}.{minor}-venv" in said
    assert said.count("\n") == 1


def test_an_installation_that_fails_is_told_and_tried_again_at_the_next_start(bare_house):
    nothing_to_run = bare_house.folder / "launch" / "__main__.py"
    nothing_to_run.write_text("print('launched')")
    requirements = bare_house.folder / "requirements.txt"
    requirements.write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    said = bare_house.fail_to_start(PIP_NO_INDEX="1")
    assert "no-such-package" in said
    assert "No se ha podido instalar" in said
    assert not bare_house.stamp.exists()

    requirements.write_text("")
    second = bare_house.start(PIP_NO_INDEX="1").read_to_end()
    third = bare_house.start(PIP_NO_INDEX="1").read_to_end()

    assert second.endswith("Instalado.\nlaunched\n")
    assert third == "launched\n"
    assert flask_skips_env_file(bare_house)


def flask_skips_env_file(house):
    """Whether flask leaves .env to our settings, also in a command that start.sh did not start."""
    python, ask = (
        house.folder / ".venv" / "bin" / "python",
        "import os; print(os.environ['FLASK_SKIP_DOTENV'])",
    )
    answered = subprocess.run([python, "-c", ask], env={}, capture_output=True, text=True)
    return answered.stdout == "1\n"


def test_a_venv_whose_python_is_gone_is_made_anew(bare_house):
    (bare_house.folder / "launch" / "__main__.py").write_text("print('launched')")
    (bare_house.folder / "requirements.txt").write_text("")
    broken = bare_house.folder / ".venv" / "bin"
    broken.mkdir(parents=True)
    (broken / "python").symlink_to("/nonexistent/python3.11")
    bare_house.stamp.write_text(bare_house.fingerprint())

    said = bare_house.start(PIP_NO_INDEX="1").read_to_end()

    assert "Se crea .venv" in said
    assert said.endswith("launched\n")
