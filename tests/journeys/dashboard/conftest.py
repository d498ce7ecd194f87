"""A browser for journeys.

At the end a test fails where a page asked for anything that is not this machine's, ran into its content security
policy, or had a script that broke.
"""

import pytest
from playwright.sync_api import sync_playwright

from tests.journeys.dashboard.pages import WIDE, note_console, note_request

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_window(browser):
    """Open a window of its own cookies: `open_window(width=390, language="en-GB", dark=True)`."""
    contexts, troubles = [], []

    def open_one(*, width=WIDE, language="es-ES", dark=False, script=True, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale=language,
            timezone_id=options.pop("timezone_id", "Europe/Madrid"),
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.on("request", lambda request: note_request(request.url, troubles))
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"a script broke: {error}"))
        page.on("console", lambda message: note_console(message, troubles))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert troubles == []
