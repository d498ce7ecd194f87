"""make_call.py and make_call_ai_local.py at the ceiling of a day."""

from jobs.migrate import upgrade
from tests.cli.dialer import TO


def test_a_call_too_many_is_not_placed(twilio, dialer, tmp_path):
    upgrade(f"sqlite:///{tmp_path / 'assistant.db'}")
    limits = {"DAILY_CALLS": "1", "DATA_DIR": str(tmp_path)}
    assert dialer.run(TO, **limits).code == 0

    ended = dialer.run(TO, **limits)

    assert ended.code == 3
    assert "DAILY_CALLS is used up for today (1): nothing was begun." in ended.err
    assert len(twilio.posted()) == 1


def test_without_the_tables_of_the_program_nobody_is_called(twilio, dialer, tmp_path):
    ended = dialer.run(TO, DAILY_CALLS="1", DATA_DIR=str(tmp_path))

    assert ended.code == 1
    assert "The day's calls cannot be counted" in ended.err
    assert twilio.posted() == []


def test_without_a_ceiling_no_database_is_needed(dialer, tmp_path):
    assert dialer.run(TO, DATA_DIR=str(tmp_path / "nothing")).code == 0
    assert not (tmp_path / "nothing").exists()
