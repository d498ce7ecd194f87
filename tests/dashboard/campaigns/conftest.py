"""What the tests of campaigns' pages share."""

import re

import pytest

from tests.dashboard.campaigns import Campaigns


@pytest.fixture
def campaigns(operator):
    return Campaigns(operator.parts.database)


@pytest.fixture
def said():
    """What a page says in its content, as one line."""

    def said(operator, path):
        page = operator.read(f"/dashboard/campaigns{path}")
        main = page[page.index("<main") : page.index("</main>")]
        return " ".join(re.sub(r"<[^>]*>", " ", main).split())

    return said
