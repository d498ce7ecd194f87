"""What is posted when a customer wants a person, and the document that describes it."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from integrations.elevenlabs.handoff_request import HandoffRequest, InvalidRequest, read_handoff
from integrations.elevenlabs.openapi import PATH, openapi
from integrations.plain_text import received_line

PHONE = "+34600000001"


def posted(**fields):
    return json.dumps({"user_phone": PHONE, "reason": "Quiere un presupuesto", **fields}).encode()


def faults(raw):
    with pytest.raises(InvalidRequest) as raised:
        read_handoff(raw)
    for fault in raised.value.detail:
        assert set(fault) == {"loc", "msg", "type"}
        assert fault["loc"][0] == "body"
        assert "Value error" not in fault["msg"]
    return {".".join(map(str, fault["loc"][1:])): fault["type"] for fault in raised.value.detail}


# --- what is taken


def test_a_phone_and_a_reason_are_enough():
    assert read_handoff(posted()) == HandoffRequest(
        user_phone=PHONE,
        reason="Quiere un presupuesto",
        user_name="",
        conversation_id="",
        additional_context="",
    )


def test_all_five_fields_are_read_and_others_passed_over():
    request = read_handoff(
        posted(
            user_name=" Ana Ñúñez ",
            conversation_id="conv_1",
            additional_context="Talla M\nazul",
            agent_id="x",
        )
    )

    assert (request.user_name, request.conversation_id) == ("Ana Ñúñez", "conv_1")
    assert request.additional_context == "Talla M\nazul"
    assert not hasattr(request, "agent_id")


def test_null_is_empty_where_a_field_may_be_left_out():
    request = read_handoff(posted(user_name=None, conversation_id=None, additional_context=None))

    assert request == read_handoff(posted())


@pytest.mark.parametrize(
    ("phone", "read"),
    [
        ("+34 600-000-001", "+34 600-000-001"),
        (" anonymous\n", "anonymous"),
        ("", ""),
        (None, ""),
        (34600000001, "34600000001"),
        (True, ""),
        (["+34600000001"], ""),
        ({}, ""),
        ("+" * 500_000, "+" * 120),
    ],
)
def test_whatever_the_phone_is_the_rest_is_read(phone, read):
    request = read_handoff(posted(user_phone=phone))

    assert (request.user_phone, request.reason) == (read, "Quiere un presupuesto")


def test_the_phone_may_be_left_out():
    assert read_handoff(b'{"reason": "Una queja"}').user_phone == ""


def test_what_is_too_long_to_be_shown_is_cut_with_an_ellipsis():
    request = read_handoff(posted(reason="r" * 10_000, user_name="n" * 121, additional_context="c " * 5_000))

    assert request.reason == "r" * 999 + "…"
    assert request.user_name == "n" * 119 + "…"
    assert len(request.additional_context) <= 4000
    assert request.additional_context.endswith("c…")


def test_what_just_fits_is_left_as_it_is():
    request = read_handoff(posted(reason="r" * 1000, user_name="n" * 120, additional_context="c" * 4000))

    assert (request.reason, request.user_name, request.additional_context) == (
        "r" * 1000,
        "n" * 120,
        "c" * 4000,
    )


def test_a_conversation_too_long_to_be_one_is_refused_and_not_cut_to_anothers():
    assert read_handoff(posted(conversation_id="c" * 120)).conversation_id == "c" * 120
    assert faults(posted(conversation_id="c" * 121)) == {"conversation_id": "string_too_long"}


@pytest.mark.parametrize("unseen", ["\u0084", "\u200b\u2060", "\ufffe", "\U0001fffe"])
def test_who_asks_with_characters_that_nobody_sees_wants_a_person_all_the_same(unseen):
    body = json.dumps({"user_phone": "+34600000001", "reason": unseen}).encode()

    assert read_handoff(body).reason == "\ufffd"


def test_control_characters_are_taken_out():
    request = read_handoff(posted(reason="a\x00b\x1bc\nd", user_name="\x07Ana\x7f"))

    assert (request.reason, request.user_name) == ("a b c\nd", "Ana")


@pytest.mark.parametrize(
    ("reason", "read"),
    [
        (b"Una \\ud83d queja", "Una \ufffd queja"),
        (b"Una \\ude00", "Una \ufffd"),
        (b"\\ud83d\\ude00 \\uD83D\\ud83d\\ude00", "\U0001f600 \ufffd\U0001f600"),
        (b"Ni\xf1o", "Ni\ufffdo"),
    ],
    ids=["first half", "second half", "whole ones", "no UTF-8"],
)
def test_half_a_character_costs_nobody_their_handoff(reason, read):
    assert read_handoff(b'{"reason": "' + reason + b'"}').reason == read


# --- what is refused


@pytest.mark.parametrize("reason", ["", " ", "\n\t", "\x00", "\u00a0\u3000", "\x1f \x7f"])
def test_a_reason_that_says_nothing_is_refused(reason):
    assert set(faults(posted(reason=reason))) == {"reason"}


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"{}", {"reason": "missing"}),
        (posted(reason=None), {"reason": "string_type"}),
        (
            posted(user_name=["Ana"], additional_context={}),
            {"user_name": "string_type", "additional_context": "string_type"},
        ),
        (b"", {"": "json_invalid"}),
        (b"reason=x", {"": "json_invalid"}),
        (b"{", {"": "json_invalid"}),
        (b"\xff\xfe", {"": "json_invalid"}),
        (b"[" * 100_000, {"": "json_invalid"}),
        (b"[]", {"": "model_type"}),
        (b"null", {"": "model_type"}),
        (b'"x"', {"": "model_type"}),
    ],
)
def test_each_fault_is_told_with_its_place_and_kind(raw, found):
    assert faults(raw) == found


def test_a_fault_quotes_nothing_of_what_was_posted():
    with pytest.raises(InvalidRequest) as raised:
        read_handoff(
            posted(user_phone="secret-600", user_name={"secret": "x"}, conversation_id="secret" * 99)
        )

    assert "secret" not in json.dumps(raised.value.detail) + str(raised.value) + repr(raised.value.__cause__)


@given(st.binary())
def test_no_bytes_at_all_make_the_reading_fail_otherwise(raw):
    with pytest.raises(InvalidRequest):
        read_handoff(raw)


# --- the document


def references(node):
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_the_document_describes_the_one_route_with_all_its_answers():
    document = openapi("https://example.com/")

    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "https://example.com"}]
    assert list(document["paths"]) == [PATH] == ["/api/elevenlabs/handoff"]
    operation = document["paths"][PATH]["post"]
    assert set(operation["responses"]) == {"200", "401", "413", "422", "429", "500", "503"}
    assert all(response["description"] for response in operation["responses"].values())
    assert operation["security"] == [{"bearer": []}, {"apiKey": []}]
    assert json.loads(json.dumps(document)) == document


def test_every_reference_of_the_document_leads_somewhere():
    document = openapi("https://example.com")
    schemas = document["components"]["schemas"]

    found = set(references(document))

    assert found == {f"#/components/schemas/{name}" for name in schemas}
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey"}


def test_where_no_key_is_set_the_document_asks_for_none():
    document = openapi("http://127.0.0.1:5000", needs_key=False)

    assert document["paths"][PATH]["post"]["security"] == []
    assert "securitySchemes" not in document["components"]


def test_the_documents_request_is_what_is_read():
    described = openapi("https://example.com")["components"]["schemas"]["HandoffRequest"]

    assert set(described["properties"]) == set(HandoffRequest.model_fields)
    assert described["required"] == ["reason"]
    assert all(field["description"] for field in described["properties"].values())
    assert described["properties"]["conversation_id"]["anyOf"][0]["maxLength"] == 120


FIELDS = openapi("https://example.com")["components"]["schemas"]["HandoffRequest"]["properties"]
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
ANYTHING = st.none() | st.booleans() | st.integers() | WORDS | st.lists(WORDS) | st.dictionaries(WORDS, WORDS)


def allows(field, text):
    described = FIELDS[field]
    long_enough = described.get("minLength", 0) <= len(text) <= described.get("maxLength", 9999)
    return long_enough and re.search(described["pattern"], text) is not None


@given(ANYTHING, st.text(st.characters(exclude_categories=["Cs"]), max_size=5))
def test_what_the_document_allows_is_taken_and_what_it_does_not_is_refused(phone, reason):
    assume(
        bool(received_line(reason)) == bool(reason.strip())
    )  # what nobody sees is nothing, which no pattern says
    raw = posted(user_phone=phone, reason=reason)

    if allows("reason", reason):
        assert read_handoff(raw).reason
    else:
        assert set(faults(raw)) == {"reason"}
