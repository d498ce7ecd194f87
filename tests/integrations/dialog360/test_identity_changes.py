"""Parsing what WhatsApp says of people's new numbers and user ids."""

import pytest

from integrations.dialog360.webhooks import IdentityChange, read_webhook

SYSTEM = {"type": "user_changed_user_id", "user_id": "ES.2", "previous_user_id": "ES.1"}


def changes(part):
    return read_webhook(
        {"entry": [{"changes": [{"field": "messages", "value": {"messages": [part]}}]}]}
    ).changes


def test_a_new_user_id_is_read_with_the_old_one():
    assert changes({"type": "system", "system": SYSTEM}) == [IdentityChange("ES.1", "ES.2")]


def test_a_new_number_is_read_with_the_old_one():
    system = SYSTEM | {"type": "user_changed_number", "wa_id": "34600000002"}

    found = changes({"type": "system", "from": "34600000001", "system": system})

    assert found == [IdentityChange("ES.1", "ES.2", "+34600000001", "+34600000002")]


def test_the_ids_may_stand_beside_it():
    system = {"type": "user_changed_user_id"}

    assert changes(SYSTEM | {"type": "system", "system": system}) == [IdentityChange("ES.1", "ES.2")]


@pytest.mark.parametrize(
    "system",
    [
        None, [], "x", {}, SYSTEM | {"type": "customer_identity_changed"}, SYSTEM | {"type": 7},
        {"type": "user_changed_number", "wa_id": "34600000002", "body": "changed from ES.1 to ES.2"},
        SYSTEM | {"previous_user_id": None}, SYSTEM | {"user_id": "ES.1"}, SYSTEM | {"user_id": ["ES.2"]},
    ],
)  # fmt: skip
def test_what_does_not_say_whose_changes_nothing(system):
    assert changes({"type": "system", "system": system}) == []
