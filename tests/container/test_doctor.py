"""The doctor as the container makes it: over stand-ins that answer, and over stand-ins that never do."""

import pytest

from container import Container
from container.doctor import VITAL
from doctor.findings import Status
from doctor.labels import PARTS
from doctor.runner import Doctor, will_calls_work
from storage import data_dir
from tests.fakes.fixed_answers import HANG, Answer, FixedAnswers
from tests.postgres import free_port


class Silent(FixedAnswers):
    """A server that takes every request, and answers none."""

    def to(self, target: str) -> Answer:
        self.asked.append(target)
        return HANG


@pytest.fixture
def look_at(make_settings):
    """Look at an installation with these settings."""
    made = []

    def look_at(*, within_s=30.0, **values):
        container = Container(make_settings(port=free_port(), **values))
        data_dir.prepare(container.settings.data_dir)
        made.append(container)
        return Doctor(container.examination.parts, vital=VITAL, within_s=within_s).look()

    yield look_at
    for container in made:
        container.close_services()
        container.database.close()


def statuses(findings):
    """The worst status of each part."""
    order = [Status.OK, Status.OFF, Status.FIX]
    worst = {}
    for finding in findings:
        worst[finding.part] = max(worst.get(finding.part, Status.OK), finding.status, key=order.index)
    return worst


def test_everything_of_a_fresh_installation_has_a_line(look_at):
    found = look_at(openai_fallback_model="another")

    assert statuses(found).items() >= {
        "settings": "off", "database": "ok", "address": "fix", "model": "ok", "fallback-model": "ok", "worker": "fix",
        "disk": "ok", "clock": "off", "limits": "ok", "ceilings": "off", "sellers": "off", "chatwoot": "off",
        "360dialog": "off",
        "elevenlabs": "off", "twilio": "off", "twilio-number": "off", "twilio-region": "off", "twilio-whatsapp": "off",
    }.items()  # fmt: skip
    assert not will_calls_work(found), "no server is running"
    assert all(part in PARTS or part == "360dialog" for part in statuses(found))
    assert set(PARTS) >= VITAL


def test_each_part_that_hangs_is_a_line_and_the_others_are_there(look_at, tmp_path):
    (tmp_path / "data").mkdir()

    with Silent({}) as silent:
        found = look_at(
            within_s=1.0, openai_base_url=f"{silent.url}/v1", webhook_url=silent.url, d360_api_key="a-key",
            d360_api_url=silent.url, chatwoot_enabled=True, chatwoot_url=silent.url, chatwoot_inbox_id="inbox",
            twilio_account_sid="AC" + "1" * 32, twilio_auth_token="token", twilio_api_url=silent.url,
            twilio_phone_number="+12025550100", twilio_whatsapp_number="+12025550100",
        )  # fmt: skip

    hanging = {finding.part for finding in found if "No result within 1 s." in str(finding.sentence)}
    twilio = {"twilio", "twilio-number", "twilio-region", "twilio-whatsapp"}
    assert hanging == {"address", "model", "chatwoot", "360dialog", *twilio}
    assert statuses(found)["database"] == "ok" and statuses(found)["limits"] == "ok"
    assert {finding.part for finding in found if finding.stops_calls} == {
        "address",
        "model",
        "twilio",
        "twilio-number",
    }
