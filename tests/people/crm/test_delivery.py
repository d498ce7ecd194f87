"""What a CRM is told when it is down or says no, and what docs/crm.md says of it."""

import json
import re

import jsonschema
import pytest
from structlog.testing import capture_logs

from conversation.composite_observer import CompositeObserver
from conversation.handoff import Request, hand_off
from integrations.crm.client import signature
from integrations.crm.events import schema
from integrations.errors import IntegrationError
from settings import ROOT
from storage.models import MessageStatus
from tests.fakes.crm import LoseAnswer, Refuse
from tests.people.crm.business import A_DAY_S, BEGIN

# --- trouble


@pytest.mark.both_databases
def test_a_crm_that_is_down_is_told_later_once_and_for_each(business, crm):
    crm.plan(Refuse(503), times=3)
    crm.plan(LoseAnswer())
    business.hand_off(business.call("Hola"))

    business.work_off(A_DAY_S)

    assert sorted(event["event"] for event in crm.events) == ["conversation.finished", "handoff.created"]
    assert len(crm.posted) == 6


def test_what_is_written_while_the_crm_is_down_is_another_stretch(business, crm):
    business.answer(business.write())
    business.pass_time(hours=2)
    crm.plan(Refuse(503))
    with pytest.raises(IntegrationError):
        business.pass_time()
    failed = {"kind": "written", "id": 1, "from": 1, "upto": 2}
    business.answer(business.write())

    business.events.deliver(failed)

    assert [(event["id"], event["turns"]) for event in crm.events] == [("conversation:1:2", 1)]


def test_a_crm_that_says_no_is_not_asked_again(business, crm):
    crm.plan(Refuse(400))
    handoff = business.hand_off(business.write())

    with capture_logs() as logs:
        business.work_off()
        business.work_off(seconds=600)

    assert (len(crm.posted), crm.events) == (1, [])
    [refused] = [entry for entry in logs if entry["event"] == "crm_event_refused"]
    assert (refused["event_id"], refused["status"]) == (f"handoff:{handoff}", 400)


@pytest.mark.both_databases
def test_a_handoff_that_is_rolled_back_is_told_nobody(business, database, clock):
    talk = business.call("Hola", close=False)
    with pytest.raises(RuntimeError), database.write() as connection:
        hand_off(connection, business.events, talk, None, Request("queja"), clock())
        raise RuntimeError

    assert business.waiting() == []


# --- mirrors


def test_several_mirrors_are_told_the_same_in_their_order(database):
    told = []

    class Watcher:
        def __init__(self, name):
            self.name = name

        def __getattr__(self, method):
            return lambda *arguments, **_: told.append((self.name, method, arguments[1:]))

    with database.write() as connection:
        both = CompositeObserver(Watcher("a"), Watcher("b"))
        both.message(connection, 1, BEGIN)
        both.receipt(connection, 2, MessageStatus.FAILED, 63016, BEGIN)
        both.turn(connection, 3, BEGIN)
        both.call_ended(connection, 4, BEGIN)

    expected = [
        ("message", (1, BEGIN)),
        ("receipt", (2, MessageStatus.FAILED, 63016, BEGIN)),
        ("turn", (3, BEGIN)),
        ("call_ended", (4, BEGIN)),
    ]
    assert told == [(name, *call) for call in expected for name in "ab"]


# --- the document


DOCUMENT = (ROOT / "docs" / "crm.md").read_text()


def examples(language):
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


def test_the_documents_examples_are_what_the_schema_describes():
    events = [json.loads(example) for example in examples("json")]

    kinds = ["handoff.created", "conversation.finished", "contact.erased"]
    assert [event["event"] for event in events] == kinds
    for event in events:
        jsonschema.validate(event, schema(), format_checker=jsonschema.FormatChecker())


def test_what_is_posted_is_what_the_schema_describes(business, crm):
    business.hand_off(business.call("Hola"))
    business.work_off(A_DAY_S)

    assert len(crm.events) == 2
    for event in crm.events:
        jsonschema.validate(event, schema(), format_checker=jsonschema.FormatChecker())


def test_the_document_names_every_field():
    fields = {field for kind in schema()["$defs"].values() for field in kind["properties"]}

    assert {field for field in fields if not re.search(rf"`(contact\.)?{field}`", DOCUMENT)} == set()


def test_the_documents_check_of_a_signature_tells_ours_from_others():
    program = {}
    exec(examples("python")[0], program)
    body, now = b'{"id":"handoff:1"}', BEGIN
    header = signature("secret", body, now)

    def is_ours(secret="secret", header=header, body=body, later_s=0):
        return program["is_ours"](secret, header, body, now.timestamp() + later_s)

    assert is_ours()
    assert is_ours(later_s=299)
    assert not is_ours(later_s=301)
    assert not is_ours(secret="other")
    assert not is_ours(body=body + b" ")
    assert not is_ours(header="")
    assert not is_ours(header="t=x,v1=y")
