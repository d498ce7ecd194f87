"""Removes providers' URLs, SIDs and keys from text for models, histories, summaries and logs.

They are replaced by "[link]", "[id]" or "[key]". A false match is better than a leaked key: any two letters with 32
hexadecimal digits count as a SID, and 32 such digits alone as a token.
"""

import re

LINK, ID, KEY = "[link]", "[id]", "[key]"

_FLAGS = re.ASCII | re.IGNORECASE  # only ASCII folds case: the Kelvin sign is no k of a key

# Whether there is anything to look for: four times as fast as one expression of all of these.
_HINTS = ("twilio", "2010-04-01", "sk-", "sk_", "xox", "bearer", "basic", "key", "token", "secret")
_LONG_HEX = re.compile(r"[0-9A-Fa-f]{32}")

# What a link is looked for in: an encoded one ("https%3A%2F%2F...") is as whole in it as a plain one.
_RUN = re.compile(r"[^\s<>\"'`()\[\]{}|,;*]+")
_PROVIDER = re.compile(
    r"(?:(?<![a-z0-9-])|(?<=%2f)|(?<=%252f)|(?<=%40))twilio(?:cdn)?(?:\.|%2e)com(?!-*[a-z0-9])"
    r"|2010-04-01(?:/|\\/|%(?:25)?2f)+accounts",
    _FLAGS,
)
_SCHEME = re.compile(r"[a-z]{2,5}(?::|%3a|%253a)(?:\\?/|%(?:25)?2f){2}", _FLAGS)

_SID = re.compile(r"[a-z]{2}[0-9a-f]{32,}", _FLAGS)
_KEYS = tuple(
    re.compile(pattern, _FLAGS)
    for pattern in (
        # OpenAI (sk-, sk-proj-), ElevenLabs (sk_). After a letter ("task-...") only what no word looks like.
        r"(?<![a-z0-9])sk[-_][a-z0-9_-]{16,}",
        r"sk[-_](?:[a-z]{2,12}-)?(?=[a-z_]{0,60}[0-9])[a-z0-9_]{20}[a-z0-9_-]*",
        r"xox[a-z]-[a-z0-9-]{8,}",
        # HTTP credentials. A digit or their length tells them from "the bearer" and "basic" of a sentence.
        r"bearer\s++(?:(?=\S{0,40}[0-9])[a-z0-9._~+/=-]{8,}|[a-z0-9._~+/=-]{20,})",
        r"basic\s++(?=\S{0,40}[0-9])[a-z0-9+/]{16,}={0,2}",
        r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])",
    )
)
# Any other key, by the name that is written before it: "api_key=...", "authToken": "...".
_NAMED_KEY = re.compile(
    r"((?:api[-_ ]?key|(?:auth|access|api)[-_ ]?token|(?:api|client)[-_ ]?secret)[\"']?\s*+[:=]\s*+[\"']?)"
    r"(?=[^\s\"',;\[\]]{0,60}[0-9])[^\s\"',;\[\]]{8,}",
    _FLAGS,
)


def redact(text: str) -> str:
    """Return the text without a provider's links, SIDs and keys; leave other text and links unchanged.

    Links are those of twilio.com and twiliocdn.com and their subdomains, and any with a path /2010-04-01/Accounts,
    whatever the host (a stand-in's too), plain or URL-encoded. Idempotent; linear.
    """
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS) and not _LONG_HEX.search(text):
        return text
    text = _SID.sub(ID, _without_links(text))
    for pattern in _KEYS:
        text = pattern.sub(KEY, text)
    # Once more: what was glued to a host ("twilio.comAC...") hid it.
    return _without_links(_NAMED_KEY.sub(rf"\1{KEY}", text))


def _without_links(text: str) -> str:
    return _RUN.sub(lambda run: _without_link(run[0]), text) if _PROVIDER.search(text) else text


def _without_link(text: str) -> str:
    provider = _PROVIDER.search(text)
    if provider is None:
        return text
    scheme = _SCHEME.search(text, 0, provider.start())
    link_end = len(text.rstrip(".:!?…"))
    # What stands before the first scheme may end in a host that the scheme, glued to it, hid.
    before = _without_link(text[: scheme.start()]) if scheme else ""
    return before + LINK + text[link_end:]
