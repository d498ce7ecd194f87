"""What is found out about a connection to Chatwoot, and that nothing is changed by it."""

import pytest

from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.setup_check import Owner, Problem
from tests.fakes.chatwoot.fake import FOREIGN_BOT_TOKEN, FOREIGN_USER_TOKEN, FakeChatwoot, Hang, Page
from tests.fakes.chatwoot.fake import Status as Answer


@pytest.fixture
def chatwoot():
    with FakeChatwoot() as fake:
        yield fake


def check(fake, *, url=None, identifier=None, account_id=None, token=None, source_id=None):
    client = Chatwoot(
        url or fake.url,
        inbox_identifier=identifier or fake.identifier,
        account_id=account_id,
        api_token=token,
        total_s=1.5,
    )
    try:
        return client.check(source_id)
    finally:
        client.close()


def test_all_is_well_without_a_token(chatwoot):
    findings = check(chatwoot)

    assert (findings.problems, findings.owner, findings.version) == ((), None, "4.16.2")
    assert findings.inbox.name == "WhatsApp"


@pytest.mark.parametrize("owner", list(Owner))
def test_all_is_well_with_a_token_and_it_says_whose_it_is(chatwoot, owner):
    token = chatwoot.bot_token if owner == Owner.AGENT_BOT else chatwoot.user_token

    findings = check(chatwoot, account_id=1, token=token)

    assert (findings.problems, findings.owner) == ((), owner)


def test_nothing_is_changed_by_looking(chatwoot):
    for token in (chatwoot.bot_token, chatwoot.user_token):
        check(chatwoot, account_id=1, token=token, source_id="34600000001")

    assert chatwoot.contacts == []
    assert chatwoot.backend.conversations == []


def test_a_server_that_is_not_there(chatwoot):
    chatwoot.down()

    assert check(chatwoot).problems == (Problem.UNREACHABLE,)


def test_a_server_that_does_not_answer(chatwoot):
    chatwoot.fail(Hang(), times=9)

    assert check(chatwoot).problems == (Problem.UNREACHABLE,)


def test_a_server_with_no_certificate_for_https(chatwoot):
    assert check(chatwoot, url=chatwoot.url.replace("http:", "https:")).problems == (Problem.NOT_SECURE,)


@pytest.mark.parametrize("answer", [Page(502), Answer(500), Page(429, "Retry later")])
def test_a_server_that_fails(chatwoot, answer):
    chatwoot.fail(answer, times=9)

    assert check(chatwoot).problems == (Problem.FAILING,)


def test_an_address_that_sends_one_on(chatwoot):
    chatwoot.fail(Answer(301, None, {"Location": "https://example.com/"}), times=9)

    assert check(chatwoot).problems == (Problem.MOVED,)


@pytest.mark.parametrize(
    "answer", [Page(200), Page(404), Answer(200, {"ok": True}), Page(403), Answer(401, {})]
)
def test_something_else_than_a_chatwoot(chatwoot, answer):
    chatwoot.fail(answer, times=9)

    assert check(chatwoot).problems == (Problem.NOT_CHATWOOT,)


def test_an_inbox_that_it_does_not_have(chatwoot):
    findings = check(chatwoot, identifier="3")

    assert (findings.problems, findings.version) == ((Problem.INBOX_UNKNOWN,), "4.16.2")


def test_an_inbox_that_asks_for_identities(chatwoot):
    chatwoot.inbox.hmac_mandatory = True

    assert check(chatwoot).problems == (Problem.INBOX_REQUIRES_IDENTITY,)


@pytest.mark.parametrize(
    ("version", "signs"),
    [("4.12.1", False), ("3.9.0", False), ("4.13.0", True), ("5.0.0-rc1", True), (None, True)],
)
def test_a_chatwoot_that_signs_no_webhooks_yet(chatwoot, version, signs):
    chatwoot.version = version

    findings = check(chatwoot)

    assert (Problem.WEBHOOKS_UNSIGNED not in findings.problems) is signs
    assert findings.version == (version or "")


@pytest.mark.parametrize(
    ("account_id", "token", "problem"),
    [
        (1, None, Problem.TOKEN_MISSING),
        (None, "x", Problem.ACCOUNT_MISSING),
        (1, "wrong", Problem.TOKEN_WRONG),
        (1, "ñ", Problem.TOKEN_WRONG),
        (1, FOREIGN_BOT_TOKEN, Problem.TOKEN_OF_OTHER_ACCOUNT),
        (1, FOREIGN_USER_TOKEN, Problem.TOKEN_OF_OTHER_ACCOUNT),
    ],
)
def test_a_token_that_is_no_good(chatwoot, account_id, token, problem):
    findings = check(chatwoot, account_id=account_id, token=token)

    assert (findings.problems, findings.owner) == ((problem,), None)


def test_a_proxy_that_drops_the_tokens_header(chatwoot):
    chatwoot.behind_nginx = True

    assert check(chatwoot, account_id=1, token=chatwoot.bot_token).problems == (Problem.TOKEN_NOT_RECEIVED,)


def test_an_account_whose_plan_has_no_api(chatwoot):
    chatwoot.application.is_enabled = False

    assert check(chatwoot, account_id=1, token=chatwoot.bot_token).problems == (Problem.API_NOT_ENABLED,)


def test_an_old_chatwoot_whose_bots_may_do_less_is_no_problem(chatwoot):
    chatwoot.application.bots_may -= {"show", "labels", "label", "typing"}

    assert check(chatwoot, account_id=1, token=chatwoot.bot_token).owner == Owner.AGENT_BOT


def test_an_inbox_and_a_token_that_are_unknown_are_both_told(chatwoot):
    findings = check(chatwoot, identifier="3", account_id=1, token="wrong")

    assert findings.problems == (Problem.INBOX_UNKNOWN, Problem.TOKEN_WRONG)


def test_another_accounts_number_shows_by_a_contacts_conversations(chatwoot):
    client = Chatwoot(chatwoot.url, inbox_identifier=chatwoot.identifier)
    client.make_contact("34600000001")
    client.make_conversation("34600000001")

    wrong = check(chatwoot, account_id=2, token=FOREIGN_BOT_TOKEN, source_id="34600000001")
    right = check(chatwoot, account_id=1, token=chatwoot.bot_token, source_id="34600000001")

    assert (wrong.problems, right.problems) == ((Problem.ACCOUNT_WRONG,), ())
