"""Explains errors of 360dialog and Meta and their remedies to the user.

Follows https://docs.360dialog.com/docs/support/api-error-message-list and
https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes. Codes from 400 to 599 are HTTP statuses of
replies without a code; codes in letters are this client's own.
"""

from integrations.errors import CONNECTION_LOST, NO_ANSWER_IN_TIME, NO_CONNECTION, NOT_SECURE
from integrations.http.json_client import NOT_SENDABLE, TOO_LARGE
from translations import Message, in_language, lazy_gettext

RATE_LIMIT = "rate_limit"
PAYMENT_OVERDUE = "payment_overdue"
ACCOUNT_DISABLED = "account_disabled"
NOT_UNDERSTOOD = "not_understood"
MEDIA_NOT_FOUND = "media_not_found"
REDIRECT_REFUSED = "media_redirect_refused"
FOREIGN_MEDIA = "foreign_media"

OUTSIDE_WINDOW = 131047
NOT_ON_WHATSAPP = 131026
PAIR_RATE_LIMIT = 131056
THROUGHPUT = 130429

PASSING_CODES = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004})
"""Meta's codes for temporary errors: a rate limit, or a failure inside WhatsApp.

Most of them come with HTTP 400. 131048 is not one of them: it is a restriction of days, and more attempts prolong it.
"""
OPTED_OUT_CODES = frozenset({131050})
"""Meta's code for a person who wants no more messages of a business's own accord."""
TEMPLATE_CODES = frozenset({132001, 132007, 132015, 132016})
"""Meta's codes for a template that it does not send to anybody."""
ACCOUNT_CODES: frozenset[int | str] = frozenset(
    {
        0, 3, 10, 33, 190, 368, 401, 403, 131005, 131031, 131037, 131042, 131045, 131048, 133010, PAYMENT_OVERDUE,
        ACCOUNT_DISABLED,
    }
)  # fmt: skip
"""Codes for an account or a number with which nothing is sent to anybody."""

_HUB = "https://hub.360dialog.com"
_STATUS = "https://status.360dialog.com"
_MANAGER = "https://business.facebook.com (WhatsApp Manager)"

_NO_PERMISSION = lazy_gettext(
    "360dialog has lost Meta's permission for this number: see the account's state at {hub}, and if "
    "that is well, write to their support."
)
_PARAMETERS = lazy_gettext(
    "WhatsApp does not accept the request: check the number, with its country code; the text, of "
    "4096 characters at most; and the file's address or the template's values."
)
_FAILURE = lazy_gettext("WhatsApp has a failure of its own: see {status} and try again in a while.")
_TOO_FAST = lazy_gettext("Messages are sent too fast: wait some seconds and send more slowly.")

_ADVICE: dict[int | str, Message] = {
    0: _NO_PERMISSION,
    1: _FAILURE,
    2: _FAILURE,
    3: _NO_PERMISSION,
    4: _TOO_FAST,
    10: _NO_PERMISSION,
    33: lazy_gettext(
        "Meta no longer has this number: see at {hub} whether it was deleted or moved to another account."
    ),
    100: _PARAMETERS,
    190: _NO_PERMISSION,
    368: lazy_gettext(
        "Meta suspended the account for breaking its rules: see why at {manager} and ask for a review there."
    ),
    80007: _TOO_FAST,
    130429: _TOO_FAST,
    130472: lazy_gettext(
        "Meta delivers no marketing to that person (an experiment of theirs): do not repeat it; wait "
        "until they write."
    ),
    130497: lazy_gettext(
        "The account may not write to that country, by WhatsApp's rules for its trade: use another way."
    ),
    131000: _FAILURE,
    131005: _NO_PERMISSION,
    131008: _PARAMETERS,
    131009: _PARAMETERS,
    131016: _FAILURE,
    131021: lazy_gettext("The message was for your own number: write to another."),
    131026: lazy_gettext(
        "That number cannot be delivered to: check that it is on WhatsApp; if it is, let the person "
        "update it and accept its terms."
    ),
    131030: lazy_gettext(
        "The sandbox only writes to numbers on its list: add this one, or use a real number."
    ),
    131031: lazy_gettext(
        "Meta has locked the WhatsApp Business account: see why at {manager} and ask for a review there."
    ),
    131037: lazy_gettext(
        "Meta has not yet approved the name that your number shows: set or correct it at {manager}."
    ),
    131042: lazy_gettext("Meta cannot charge for the messages: check payment and credit at {hub}."),
    131045: lazy_gettext("The number is not properly registered with WhatsApp: see its state at {hub}."),
    131047: lazy_gettext(
        "More than 24 hours have passed since that person's last message: WhatsApp takes no free text "
        "any more. Send an approved template, or wait until they write."
    ),
    131048: lazy_gettext(
        "WhatsApp limits what your number sends because people blocked it or reported it as spam: stop "
        "the campaigns and see the number's quality at {manager}."
    ),
    131049: lazy_gettext(
        "Meta chose not to deliver this marketing message: do not repeat it within a day; if it is not "
        "marketing, have the template put in the category Utility."
    ),
    131050: lazy_gettext("That person wants no more marketing from this number: send them none."),
    131051: lazy_gettext("WhatsApp does not take this kind of message: send a text, a file or a template."),
    131052: lazy_gettext("WhatsApp could not download what that person sent: ask them to send it again."),
    131053: lazy_gettext(
        "WhatsApp could not use the file: its address must be public and answer without a password, and "
        "the file be of a kind and size that it takes."
    ),
    131056: lazy_gettext(
        "Those are too many messages to the same person (one every six seconds): wait and send it again."
    ),
    131057: lazy_gettext(
        "The account is under maintenance, perhaps moving to more capacity: try again in some minutes."
    ),
    132000: lazy_gettext(
        "The template asks for another number of values: give all of its own (1=Ana 2=Monday), no more, "
        "no fewer."
    ),
    132001: lazy_gettext(
        "There is no approved template of that name in that language: check both (en, en_US and en_GB "
        "differ) at {hub}."
    ),
    132005: lazy_gettext("The template is too long with its values filled in: give shorter ones."),
    132007: lazy_gettext(
        "The template's content is against WhatsApp's rules: change it and have it approved again."
    ),
    132012: lazy_gettext(
        "The values do not have the form that the template asks for: no line breaks, no more than four "
        "spaces in a row, and each of the kind expected."
    ),
    132015: lazy_gettext("The template is paused for its low quality: change it at {hub}, or use another."),
    132016: lazy_gettext("The template was disabled for its low quality: make another at {hub}."),
    133004: _FAILURE,
    133010: lazy_gettext("The number is not registered with WhatsApp: finish setting it up at {hub}."),
    135000: _PARAMETERS,
    400: _PARAMETERS,
    401: lazy_gettext(
        "360dialog does not accept the key: copy this number's from {hub} (API Keys) into D360_API_KEY."
    ),
    403: lazy_gettext(
        "360dialog does not allow this with this key: check that D360_API_KEY is this number's, and if "
        "it is, write to their support."
    ),
    404: lazy_gettext("360dialog knows no such address: check D360_API_URL, which is usually empty."),
    429: _TOO_FAST,
    RATE_LIMIT: _TOO_FAST,
    PAYMENT_OVERDUE: lazy_gettext(
        "360dialog has unpaid invoices and sends nothing: settle them at {hub}, or ask your partner."
    ),
    ACCOUNT_DISABLED: lazy_gettext(
        "360dialog has disabled this account: see its state at {hub} and write to their support."
    ),
    MEDIA_NOT_FOUND: lazy_gettext(
        "The file is no longer with WhatsApp, or is not this number's: ask the person to send it again."
    ),
    REDIRECT_REFUSED: lazy_gettext(
        "360dialog sends one on to another server for the file, and is not followed: tell whoever "
        "maintains the program."
    ),
    FOREIGN_MEDIA: lazy_gettext("That is not the identifier of a file of WhatsApp's: nothing is downloaded."),
    TOO_LARGE: lazy_gettext("The file is too large: ask the person for a smaller one."),
    NOT_SENDABLE: lazy_gettext("The request cannot be written: check D360_API_URL and the message's text."),
    NO_CONNECTION: lazy_gettext(
        "There is no connection to 360dialog: check the network, the firewall and D360_API_URL, which is "
        "usually empty."
    ),
    NO_ANSWER_IN_TIME: lazy_gettext(
        "360dialog did not answer in time: see {status} and try again in a while."
    ),
    CONNECTION_LOST: lazy_gettext(
        "The connection to 360dialog broke half-way: check the network and try again."
    ),
    NOT_SECURE: lazy_gettext(
        "360dialog's certificate could not be verified: check this machine's clock, and that no proxy or "
        "antivirus opens the traffic."
    ),
    NOT_UNDERSTOOD: lazy_gettext(
        "The answer is not 360dialog's: check D360_API_URL, and that no sign-in page is in between."
    ),
}

KNOWN_CODES = frozenset(_ADVICE)
"""The codes explained one by one; Meta's permissions (200 to 299) and HTTP's 5xx share a sentence each."""


def what_to_do(code: int | str | None, language: str) -> str | None:
    """Return a code's meaning and remedy in a language; None for an unknown code.

    code: of an IntegrationError raised by Dialog360, or of a receipt.
    """
    advice = _ADVICE.get(code) if code is not None else None
    if isinstance(code, int) and 500 <= code < 600:
        advice = _FAILURE
    elif isinstance(code, int) and 200 <= code < 300:
        advice = _NO_PERMISSION
    if advice is None:
        return None
    with in_language(language):
        return str(advice.format(hub=_HUB, status=_STATUS, manager=_MANAGER))


def code_is_permanent(code: int) -> bool | None:
    """Return whether the same request would be refused again; None for an unknown code."""
    if code in PASSING_CODES:
        return False
    return True if code in KNOWN_CODES or 200 <= code < 300 else None


def receipt_is_permanent(code: int | None) -> bool:
    """Return whether a message that failed with this code would fail again.

    A failure without a code, or with an unknown one, counts as permanent.
    """
    return code not in PASSING_CODES
