"""The stand-in's application API does what Chatwoot's own does."""

import pytest

from tests.fakes.chatwoot.liquid import render_message

VALUES = {"contact": {"name": "Ana"}}


# --- the application API


def test_an_answer_of_the_bots_is_outgoing_and_rendered(chatwoot, caller):
    id = caller.made()

    said = caller.account(
        "POST",
        f"/conversations/{id}/messages",
        chatwoot.bot_token,
        json={"content": "Hola {{contact.name}}", "source_id": "flaskbot:1"},
    ).json()

    assert (said["content"], said["message_type"], said["source_id"]) == ("Hola Ana", 1, "flaskbot:1")
    assert (said["sender"]["type"], said["status"], said["private"]) == ("agent_bot", "sent", False)


@pytest.mark.parametrize(
    ("method", "path", "bot", "user"),
    [
        ("POST", "/messages", 200, 200),
        ("GET", "/messages", 401, 200),
        ("PATCH", "/messages/901", 401, 200),
        ("POST", "/toggle_status", 200, 200),
        ("POST", "/toggle_typing_status", 200, 200),
        ("POST", "/labels", 200, 200),
        ("GET", "/labels", 200, 200),
        ("GET", "", 200, 200),
    ],
)
def test_a_bot_may_do_less_than_a_user(chatwoot, caller, method, path, bot, user):
    id = caller.made()
    caller.says(id, "Hola")
    body = {} if method == "GET" else {"json": {"content": "x", "status": "open", "labels": ["a"]}}

    got = [
        caller.account(method, f"/conversations/{id}{path}", token, **body).status_code
        for token in (chatwoot.bot_token, chatwoot.user_token, "wrong", None)
    ]

    assert got == [bot, user, 401, 401]


def test_refusals_have_the_words_of_chatwoots(chatwoot, caller):
    def said(token, path="/conversations/42/messages", method="POST"):
        return caller.account(method, path, token, json={}).json()

    assert said("wrong") == {"error": "Invalid Access Token"}
    assert said(None) == {"errors": ["You need to sign in or sign up before continuing."]}
    assert said(chatwoot.bot_token) == {"error": "Resource could not be found"}
    assert "bots" in said(chatwoot.bot_token, "/conversations/42/messages/1", "PATCH")["error"]


def test_a_flood_is_422_in_the_applications_way(chatwoot, caller):
    chatwoot.backend.flood_limit = 0
    id = caller.made()

    refused = caller.account(
        "POST", f"/conversations/{id}/messages", chatwoot.bot_token, json={"content": "a"}
    )

    assert (refused.status_code, refused.json()) == (422, {"error": "Validation failed: Too many messages"})


def test_a_status_that_is_toggled_answers_with_what_it_is(chatwoot, caller):
    id = caller.made()

    answer = caller.account(
        "POST", f"/conversations/{id}/toggle_status", chatwoot.bot_token, json={"status": "pending"}
    ).json()

    expected = {"success": True, "conversation_id": id, "current_status": "pending", "snoozed_until": None}
    assert answer == {"meta": {}, "payload": expected}


def test_an_agent_who_opens_is_assigned_and_a_bot_is_not(chatwoot, caller):
    first, second = caller.made(), caller.conversation().json()["id"]
    for id, token in ((first, chatwoot.user_token), (second, chatwoot.bot_token)):
        caller.account("POST", f"/conversations/{id}/toggle_status", token, json={"status": "open"})

    assert chatwoot.conversation(first).assignee == chatwoot.operator
    assert chatwoot.conversation(second).assignee is None


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("Hola {{contact.name}}", "Hola Ana"),
        ("Hola {{ contact.name }}{{ nobody }}", "Hola Ana"),
        ("`{{contact.name}}` {{contact.name}}", "`{{contact.name}}` Ana"),
        ("{% raw %}{{contact.name}}{% endraw %}", "{{contact.name}}"),
        ("{% raw %}`{{contact.name}}` x{% endraw %}", "{% raw %}`{{contact.name}}` x{% endraw %}"),
        ("{{contact.name}} {% unknown %}", "{{contact.name}} {% unknown %}"),
        ("{{contact.name", "{{contact.name"),
        ("{% if", "{% if"),
        ("{{'%7B%60'|url_decode}}", "{`"),
        ("50 % { a }", "50 % { a }"),
    ],
)
def test_liquid_does_what_liquid_5_4_does(content, kept):
    assert render_message(content, VALUES) == kept
