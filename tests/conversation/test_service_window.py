from datetime import UTC, datetime, timedelta

from conversation import service_window

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_free_text_reaches_somebody_for_24_hours_after_they_wrote():
    assert service_window.is_open(NOW - timedelta(hours=24), NOW)
    assert not service_window.is_open(NOW - timedelta(hours=24, microseconds=1), NOW)


def test_free_text_reaches_nobody_who_has_never_written():
    assert not service_window.is_open(None, NOW)
