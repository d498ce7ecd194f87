"""What the dashboard's tests share."""

import pytest

from tests.dashboard.operator import open_dashboard


@pytest.fixture
def open_desk(make_settings):
    """Open a dashboard: `open_desk(dashboard_password=...)`; by default at the machine itself, with no password."""
    opened = []

    def open_one(*, language="es", remote=False, models=None, **values):
        operator = open_dashboard(make_settings(**values), models=models, language=language, remote=remote)
        opened.append(operator)
        return operator

    yield open_one
    for operator in opened:
        operator.parts.end_serving()
        operator.parts.database.close()


@pytest.fixture
def operator(open_desk):
    """An operator who may see everything."""
    return open_desk()
