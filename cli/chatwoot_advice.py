"""What is wrong with a connection to Chatwoot, in words, and which setting to change."""

from integrations.chatwoot.setup_check import Problem

_WORDS = {
    Problem.UNREACHABLE: (
        "No se llega a Chatwoot: compruebe CHATWOOT_URL, la red y que esté en marcha.",
        "Chatwoot cannot be reached: check CHATWOOT_URL, the network, and that it is running.",
    ),
    Problem.NOT_SECURE: (
        "El certificado de Chatwoot no vale: compruebe CHATWOOT_URL y el certificado de ese servidor.",
        "Chatwoot's certificate is not valid: check CHATWOOT_URL and that server's certificate.",
    ),
    Problem.FAILING: (
        "Chatwoot, o el proxy de delante, responde con un fallo: mire sus registros y pruebe más tarde.",
        "Chatwoot, or the proxy before it, answers with a failure: see its logs, and try later.",
    ),
    Problem.MOVED: (
        "CHATWOOT_URL lleva a otra dirección: póngala como acaba en el navegador, casi siempre con https://.",
        "CHATWOOT_URL sends one on to another address: set it as it ends up in a browser, mostly with https://.",
    ),
    Problem.NOT_CHATWOOT: (
        "En CHATWOOT_URL no contesta un Chatwoot: compruebe la dirección.",
        "What answers at CHATWOOT_URL is no Chatwoot: check the address.",
    ),
    Problem.INBOX_UNKNOWN: (
        "Ese Chatwoot no tiene tal bandeja: ponga en CHATWOOT_INBOX_ID el identificador (Inbox Identifier) de una "
        "bandeja de tipo API, no su número.",
        "That Chatwoot has no such inbox: set CHATWOOT_INBOX_ID to the Inbox Identifier of an inbox of the kind API, "
        "not to its number.",
    ),
    Problem.INBOX_REQUIRES_IDENTITY: (
        "La bandeja exige identidad verificada: quite «Enforce User Identity Validation» en sus ajustes.",
        "The inbox requires a verified identity: switch “Enforce User Identity Validation” off in its settings.",
    ),
    Problem.ACCOUNT_MISSING: (
        "Falta CHATWOOT_ACCOUNT_ID: es el número que sigue a /accounts/ en la dirección del navegador.",
        "CHATWOOT_ACCOUNT_ID is missing: it is the number after /accounts/ in the browser's address.",
    ),
    Problem.TOKEN_MISSING: (
        "Falta CHATWOOT_API_TOKEN: el de un bot (Settings, Bots) o el de un usuario (Profile Settings, Access Token).",
        "CHATWOOT_API_TOKEN is missing: an agent bot's (Settings, Bots) or a user's (Profile Settings, Access Token).",
    ),
    Problem.TOKEN_NOT_RECEIVED: (
        "El token no llega a Chatwoot: el proxy de delante quita cabeceras con guion bajo (en nginx, "
        "underscores_in_headers on).",
        "The token does not reach Chatwoot: the proxy before it drops headers with an underscore (in nginx, "
        "underscores_in_headers on).",
    ),
    Problem.TOKEN_WRONG: (
        "Chatwoot no acepta CHATWOOT_API_TOKEN: cópielo de nuevo.",
        "Chatwoot does not accept CHATWOOT_API_TOKEN: copy it again.",
    ),
    Problem.TOKEN_OF_OTHER_ACCOUNT: (
        "CHATWOOT_API_TOKEN es de otra cuenta que CHATWOOT_ACCOUNT_ID: compruebe los dos.",
        "CHATWOOT_API_TOKEN is of another account than CHATWOOT_ACCOUNT_ID: check both.",
    ),
    Problem.ACCOUNT_WRONG: (
        "La bandeja de CHATWOOT_INBOX_ID no es de la cuenta CHATWOOT_ACCOUNT_ID: compruebe los dos.",
        "The inbox of CHATWOOT_INBOX_ID is not of the account CHATWOOT_ACCOUNT_ID: check both.",
    ),
    Problem.API_NOT_ENABLED: (
        "El plan de esa cuenta de Chatwoot no incluye la API: quite CHATWOOT_API_TOKEN o cambie de plan.",
        "The plan of that Chatwoot account does not include the API: unset CHATWOOT_API_TOKEN, or change the plan.",
    ),
    Problem.WEBHOOKS_UNSIGNED: (
        "Este Chatwoot es anterior a la 4.13 y no firma los webhooks de sus bandejas: actualícelo para que lo que "
        "escriban los operadores llegue al cliente.",
        "This Chatwoot is older than 4.13 and does not sign its inboxes' webhooks: update it, that what operators "
        "write reaches the customer.",
    ),
}


def what_to_change(problem: Problem) -> dict[str, str]:
    """Return what is wrong and what to do about it, by language: "es" and "en"."""
    spanish, english = _WORDS[problem]
    return {"es": spanish, "en": english}
