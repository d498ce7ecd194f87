"""The form of a new campaign, as a browser sends it."""

import io

from storage.models import Campaign, CampaignRecipient
from tests.records import every


def send_form(by, content, path="", file="citas.csv", **given):
    """Send the form; return the answer. None: a field that is not there."""
    data = content if isinstance(content, bytes) else content.encode()
    values = {name: value for name, value in given.items() if value is not None}
    return by.post(f"/dashboard/campaigns/new{path}", **values, list=(io.BytesIO(data), file))


def kept(desk):
    return every(desk.parts.database, Campaign) + every(desk.parts.database, CampaignRecipient)


def said(response, status=422):
    assert response.status_code == status, response.text[:300]
    return response.text
