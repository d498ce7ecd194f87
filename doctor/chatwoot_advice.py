"""Describes problems of the connection to Chatwoot, each with the setting to change."""

from integrations.chatwoot.setup_check import Problem
from translations import Message, lazy_gettext

_ADVICE = {
    Problem.UNREACHABLE: lazy_gettext(
        "Chatwoot cannot be reached: check CHATWOOT_URL, the network, and that it is running."
    ),
    Problem.NOT_SECURE: lazy_gettext(
        "Chatwoot's certificate is not valid: check CHATWOOT_URL and that server's certificate."
    ),
    Problem.FAILING: lazy_gettext(
        "Chatwoot, or the proxy before it, answers with a failure: see its logs, and try later."
    ),
    Problem.MOVED: lazy_gettext(
        "CHATWOOT_URL sends one on to another address: set it as it ends up in a browser, "
        "mostly with https://."
    ),
    Problem.NOT_CHATWOOT: lazy_gettext("What answers at CHATWOOT_URL is no Chatwoot: check the address."),
    Problem.INBOX_UNKNOWN: lazy_gettext(
        "That Chatwoot has no such inbox: set CHATWOOT_INBOX_ID to the Inbox Identifier of an "
        "inbox of the kind API, not to its number."
    ),
    Problem.INBOX_REQUIRES_IDENTITY: lazy_gettext(
        "The inbox requires a verified identity: switch “Enforce User Identity Validation” off "
        "in its settings."
    ),
    Problem.ACCOUNT_MISSING: lazy_gettext(
        "CHATWOOT_ACCOUNT_ID is missing: it is the number after /accounts/ in the browser's address."
    ),
    Problem.TOKEN_MISSING: lazy_gettext(
        "CHATWOOT_API_TOKEN is missing: an agent bot's (Settings, Bots) or a user's (Profile "
        "Settings, Access Token)."
    ),
    Problem.TOKEN_NOT_RECEIVED: lazy_gettext(
        "The token does not reach Chatwoot: the proxy before it drops headers with an "
        "underscore (in nginx, underscores_in_headers on)."
    ),
    Problem.TOKEN_WRONG: lazy_gettext("Chatwoot does not accept CHATWOOT_API_TOKEN: copy it again."),
    Problem.TOKEN_OF_OTHER_ACCOUNT: lazy_gettext(
        "CHATWOOT_API_TOKEN is of another account than CHATWOOT_ACCOUNT_ID: check both."
    ),
    Problem.ACCOUNT_WRONG: lazy_gettext(
        "The inbox of CHATWOOT_INBOX_ID is not of the account CHATWOOT_ACCOUNT_ID: check both."
    ),
    Problem.API_NOT_ENABLED: lazy_gettext(
        "The plan of that Chatwoot account does not include the API: unset CHATWOOT_API_TOKEN, "
        "or change the plan."
    ),
    Problem.WEBHOOKS_UNSIGNED: lazy_gettext(
        "This Chatwoot is older than 4.13 and does not sign its inboxes' webhooks: update it, "
        "that what operators write reaches the customer."
    ),
}


def advice_for(problem: Problem) -> Message:
    """Return a description of the problem, and its solution."""
    return _ADVICE[problem]
