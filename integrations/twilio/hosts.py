"""Names the hosts of Twilio's API in its regions.

Follows https://www.twilio.com/docs/global-infrastructure and the host names that Twilio's library makes. A host that
names a region alone, such as api.ie1.twilio.com, answers no more: a region goes with an edge.
"""

import re
from typing import NamedTuple

API_URL = "https://api.twilio.com"
API_URLS = r"https://api((\.[a-z][a-z0-9-]*)?\.[a-z]{2}[0-9])?\.twilio\.com"
"""Matches the base of every region's API, and nobody else's."""


class Region(NamedTuple):
    """A region of Twilio's, and the edge by which it is reached: ie1 and dublin."""

    name: str
    edge: str


def api_url(region: Region | None) -> str:
    """Return the base of the API's URLs."""
    return API_URL if region is None else f"https://api.{region.edge}.{region.name}.twilio.com"


def in_region(url: str, region: Region | None) -> str:
    """Return a URL of the API at the host of a region; without one, at the host that it names."""
    base = re.match(f"{API_URLS}(?=/)", url)
    return url if base is None or region is None else api_url(region) + url[base.end() :]
