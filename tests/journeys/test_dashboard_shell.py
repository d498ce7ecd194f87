"""The dashboard in a browser: its frame, its first page, and its doors."""

import pytest

from tests.browser import NARROW, WIDE, overflows, serious_findings

pytest_plugins = ["tests.browser_fixtures"]

PAGES = ["/dashboard/", "/dashboard/assistant", "/dashboard/campaigns"]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_fits_and_axe_finds_nothing_serious(line, open_window, width):
    page = open_window(width=width)

    for path in PAGES:
        page.goto(line.url + path)
        page.screenshot(path=f"/tmp/shellq7x/{path.strip('/').replace('/', '-')}-{width}.png", full_page=True)
        assert not overflows(page), path
        assert serious_findings(page) == [], path
