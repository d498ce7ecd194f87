"""/health proves to whoever asks with a number that it is this installation's, and tells nobody how."""

import pytest

from app import create_app
from settings import load_settings
from web.server_proof import ServerProof, new_number

NUMBER = "0123456789abcdef" * 2


@pytest.fixture
def health(tmp_path, sqlite_url):
    """Ask a process of an installation."""

    def health(query="", *, secret_key="our secret", folder="a", **values):
        data_dir = tmp_path / folder
        settings = load_settings(
            None,
            data_dir=data_dir,
            database_url=sqlite_url,
            secret_key=secret_key,
            log_level="ERROR",
            **values,
        )
        app = create_app(settings)
        try:
            return app.test_client().get(f"/health{query}").json
        finally:
            app.extensions["container"].database.close()

    return health


def test_every_process_with_the_secret_key_gives_the_same_answer_and_nobody_else(health):
    first, second = health(f"?proof={NUMBER}"), health(f"?proof={NUMBER}", folder="b")

    assert first["proof"] == second["proof"] and len(first["proof"]) == 64
    assert ServerProof("our secret").is_answer(NUMBER, first["proof"])
    assert health(f"?proof={NUMBER}", secret_key="another")["proof"] != first["proof"]
    assert health(f"?proof={new_number()}")["proof"] != first["proof"]


def test_without_a_secret_key_the_folders_own_is_used(health):
    assert health(f"?proof={NUMBER}", secret_key=None) == health(f"?proof={NUMBER}", secret_key=None)


@pytest.mark.parametrize(
    "asked",
    ["", "?proof=", "?proof=1", f"?proof={NUMBER}0", f"?proof={NUMBER.upper()}", f"?proof={NUMBER}%0a"],
)
def test_anything_but_32_digits_gets_no_answer(health, asked):
    assert "proof" not in health(asked)


@pytest.mark.parametrize("given", [None, 1, "", "x", "é", {"proof": 1}])
def test_what_is_no_answer_is_none(given):
    assert not ServerProof("our secret").is_answer(NUMBER, given)
