"""What journeys in a browser look for in a page."""

from pathlib import Path
from urllib.parse import urlsplit

AXE = Path(__file__).parent.parent.parent / "vendor" / "axe-4.14.1.min.js"
WIDE, NARROW = 1280, 390
_HOSTS = {"127.0.0.1", "localhost", ""}
_EXPECTED = ("Failed to load resource", "Response Status Error Code")
"""What the browser and htmx say of each answer of 400 or more: the test itself sees those."""


def serious_findings(page):
    """What axe-core finds of serious or critical impact, each as one line."""
    # Evaluated over the debugger's own channel, which the page's content security policy does not bind.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def overflows(page):
    """Whether the page is wider than the window, so that it has to be pushed sideways to be read."""
    return page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")


def note_request(url, troubles):
    """Note a request for anything that is not this machine's."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in _HOSTS:
        troubles.append(f"asked for {url}")


def note_console(message, troubles):
    """Note an error in the console, such as a refusal by the content security policy."""
    if message.type == "error" and not any(expected in message.text for expected in _EXPECTED):
        troubles.append(f"console: {message.text}")
