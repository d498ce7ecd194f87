"""Explains Twilio's error codes and their remedies to the user.

Follows https://www.twilio.com/docs/api/errors; the codes in letters are from integrations/errors.py.
"""

from integrations.errors import CONNECTION_LOST, NO_ANSWER_IN_TIME, NO_CONNECTION, NOT_SECURE, NOT_UNDERSTOOD
from translations import Message, lazy_gettext

_CONSOLE = "https://console.twilio.com"

PASSING_CODES = frozenset({20429, 21611, 30001, 63010, 63012, 63017, 63018})
"""Twilio's codes for temporary errors: a rate limit, or a failure inside Twilio or WhatsApp."""
OPTED_OUT_CODES = frozenset({21610})
"""Twilio's code for a person who wants no messages."""
TEMPLATE_CODES = frozenset({21655, 63040, 63041, 63042})
"""Twilio's codes for a template that it does not send to anybody."""
ACCOUNT_CODES = frozenset(
    {401, 10001, 20003, 20005, 20008, 20404, 21212, 21603, 21606, 21609, 30002, 63007, 63038, 63051, 63062}
)
"""Twilio's codes for an account, a number or a setting with which nothing is sent to anybody."""
QUEUE_FULL = 22005
"""Twilio's code for more calls than it queues."""
NO_CALLS_CODES = ACCOUNT_CODES | {21205, 21210, 21213}
"""Twilio's codes for an account, a number or a setting with which nobody is called."""

_NOT_ACTIVE = lazy_gettext(
    "The Twilio account is not active: see at {console} what it lacks (funds, verification)."
)
_ADVICE: dict[int | str, Message] = {
    10001: _NOT_ACTIVE,
    20003: lazy_gettext(
        "Twilio does not accept the credentials, or the account is suspended: copy TWILIO_ACCOUNT_SID "
        "and TWILIO_AUTH_TOKEN from {console}."
    ),
    20005: _NOT_ACTIVE,
    20008: lazy_gettext("Test credentials cannot do this: use the live ones of the account."),
    20404: lazy_gettext(
        "Twilio knows no such call, message or account: check that TWILIO_ACCOUNT_SID is the right one."
    ),
    20429: lazy_gettext(
        "Too many requests at once; this one was not processed: wait some seconds and repeat it."
    ),
    21201: lazy_gettext("The number to call is missing: give one, or set TO_PHONE_NUMBER."),
    21205: lazy_gettext(
        "Twilio cannot use the server's address: WEBHOOK_URL must be public, with no underscore in its "
        "host name, such as https://example.com."
    ),
    21208: lazy_gettext("The seconds to let it ring are not valid: 1 to 600."),
    21210: lazy_gettext(
        "The number to call from is not this account's: set TWILIO_PHONE_NUMBER to one bought from "
        "Twilio, or verify yours at {console} (Phone Numbers, Verified Caller IDs)."
    ),
    21211: lazy_gettext("The number to call does not exist: check it, with its country code (+34600000001)."),
    21212: lazy_gettext(
        "The number to call from is not valid: check TWILIO_PHONE_NUMBER, with its country code."
    ),
    21213: lazy_gettext("The number to call from is missing: set TWILIO_PHONE_NUMBER."),
    21214: lazy_gettext("Twilio cannot reach that number: check that it is in service and try later."),
    21215: lazy_gettext(
        "The account may not call that country: allow it at {console} (Voice, Settings, Geo permissions)."
    ),
    21216: lazy_gettext(
        "Twilio does not let this account call that number (premium rate, or blocked): use another, or "
        "ask their support."
    ),
    21217: lazy_gettext(
        "That does not look like a phone number: check it, with its country code (+34600000001)."
    ),
    21219: lazy_gettext(
        "A trial account only calls verified numbers: verify this one at {console} (Phone Numbers, "
        "Verified Caller IDs), or upgrade the account."
    ),
    21220: lazy_gettext("The call is no longer on: there is nothing to do."),
    QUEUE_FULL: lazy_gettext(
        "Twilio's queue of calls is full: wait until they are placed, and place them more slowly."
    ),
    21408: lazy_gettext(
        "The account may not write to that country: allow it at {console} (Messaging, Settings, Geo "
        "permissions)."
    ),
    21602: lazy_gettext("The message is empty: write a text, or send an image or a template."),
    21603: lazy_gettext("The number to write from is missing: set TWILIO_WHATSAPP_NUMBER."),
    21604: lazy_gettext("The number to write to is missing: give one, with its country code (+34600000001)."),
    21606: lazy_gettext(
        "The number to write from is not this account's, or cannot send messages: check "
        "TWILIO_WHATSAPP_NUMBER."
    ),
    21608: lazy_gettext(
        "A trial account only writes to verified numbers: verify this one at {console} (Phone Numbers, "
        "Verified Caller IDs), or upgrade the account."
    ),
    21609: lazy_gettext(
        "Twilio cannot use the address for receipts: WEBHOOK_URL must be public, with no underscore in "
        "its host name, such as https://example.com."
    ),
    21610: lazy_gettext(
        "That person asked for no more messages (STOP): do not write until they send START to your "
        "number themselves."
    ),
    21611: lazy_gettext("Your number's queue of messages is full: wait some minutes and send more slowly."),
    21612: lazy_gettext(
        "Twilio has no way from your number to that one: check both, and that both are on WhatsApp."
    ),
    21614: lazy_gettext("That number is not a mobile phone: ask the person for one that has WhatsApp."),
    21617: lazy_gettext(
        "The text is longer than 1600 characters: shorten it, or split it into several messages."
    ),
    21619: lazy_gettext("The message holds nothing: give a text, an image or a template."),
    21620: lazy_gettext("The image's address is not valid: it must be public and begin with https://."),
    21623: lazy_gettext("Those are too many attachments: ten a message at most; on WhatsApp, better one."),
    21654: lazy_gettext(
        "There are variables but no template: give its SID (HX...), or set TWILIO_TEMPLATE_SID."
    ),
    21655: lazy_gettext(
        "This account has no such template: copy its SID (HX and 32 characters) from {console} "
        "(Messaging, Content Template Builder) into TWILIO_TEMPLATE_SID."
    ),
    21656: lazy_gettext(
        "The template's variables are not valid: give all of them (1=Ana 2=Monday), none empty, with no "
        "line breaks and no more than four spaces in a row."
    ),
    21910: lazy_gettext(
        "One of the numbers is on WhatsApp and the other is not: write from TWILIO_WHATSAPP_NUMBER."
    ),
    30001: lazy_gettext("Twilio's queue was full before this message was sent: send it again, more slowly."),
    30002: lazy_gettext("Twilio suspended the account before this message was sent: see why at {console}."),
    30003: lazy_gettext("The phone cannot be reached (off, or with no signal): try later."),
    30004: lazy_gettext("The person or their carrier does not accept this message: ask them in another way."),
    30005: lazy_gettext("That number does not exist or is no longer in service: check it with the person."),
    30006: lazy_gettext(
        "That number is a landline, or its carrier takes no messages: ask for a mobile phone."
    ),
    30007: lazy_gettext(
        "The message was taken for spam: change its words and links, and write only to people who asked "
        "for it."
    ),
    30008: lazy_gettext(
        "It was not delivered, and the carrier does not say why: check the number and try later."
    ),
    63003: lazy_gettext("That number is not on WhatsApp: check it with the person, with its country code."),
    63005: lazy_gettext(
        "WhatsApp did not accept the content: check that the person has WhatsApp, and that the file "
        "opens and is of a kind it takes."
    ),
    63007: lazy_gettext(
        "This account has no such WhatsApp number: set TWILIO_WHATSAPP_NUMBER to the sandbox's "
        "(+14155238886) or to one of yours ({console}, Messaging, Senders, WhatsApp senders)."
    ),
    63010: lazy_gettext("Twilio failed to hand the message to WhatsApp: it can be sent again."),
    63012: lazy_gettext("WhatsApp failed to take the message: it can be sent again."),
    63013: lazy_gettext(
        "The message is against WhatsApp's rules: check its words and, if it is a template, that its "
        "variables hold no line breaks or long runs of spaces."
    ),
    63014: lazy_gettext(
        "That person blocked your number or takes no more messages: do not write until they do."
    ),
    63015: lazy_gettext(
        "That person is not in the sandbox: let them send the words “join ...” that {console} shows "
        "(Messaging, Try it out, Send a WhatsApp message) to +1 415 523 8886 on WhatsApp. It lapses "
        "after three days: then they send it again."
    ),
    63016: lazy_gettext(
        "More than 24 hours have passed since that person's last message: WhatsApp takes no free text "
        "any more. Send the approved template (TWILIO_TEMPLATE_SID; whatsapp send NUMBER --template), or "
        "wait until they write."
    ),
    63017: lazy_gettext("The account sends too many messages a second: wait a moment and send more slowly."),
    63018: lazy_gettext(
        "Messages are sent too fast (in the sandbox, one every three seconds), or WhatsApp lets you "
        "start no more conversations today: wait and send it again."
    ),
    63019: lazy_gettext(
        "WhatsApp could not download the file: its address must be public, answer without a password and "
        "name the right content type."
    ),
    63021: lazy_gettext(
        "WhatsApp does not take this content: check the kind of file, and that a template is no longer "
        "than 1024 characters with its variables filled in."
    ),
    63024: lazy_gettext(
        "WhatsApp cannot deliver to that person: check that the number has WhatsApp; if it has, let them "
        "update it and accept its terms."
    ),
    63032: lazy_gettext(
        "WhatsApp limits what may be sent to that person: do not insist; wait until they write, or use "
        "another way."
    ),
    63033: lazy_gettext("Messages to that person are blocked on WhatsApp: do not write until they do."),
    63038: lazy_gettext(
        "The account reached its limit of messages in 24 hours (50 on trial): send it tomorrow, or "
        "upgrade the account."
    ),
    63040: lazy_gettext(
        "WhatsApp has rejected the template: see why at {console} (Messaging, Content Template Builder), and "
        "have another approved."
    ),
    63041: lazy_gettext(
        "WhatsApp has paused the template because people blocked it or reported it: wait until the pause is "
        "over ({console}, Messaging, Content Template Builder), or use another."
    ),
    63042: lazy_gettext(
        "WhatsApp has disabled the template because people blocked it or reported it: have another approved."
    ),
    63049: lazy_gettext(
        "Meta chose not to deliver this marketing message (to numbers in the US, never): do not repeat "
        "it at once; if it is not marketing, have the template put in the category Utility."
    ),
    63051: lazy_gettext(
        "Meta has locked the WhatsApp Business account: see why at https://business.facebook.com "
        "(WhatsApp Manager) and ask for a review there."
    ),
    63062: lazy_gettext(
        "Meta's terms for marketing messages are not accepted: accept them at https://business.facebook.com "
        "(WhatsApp Manager)."
    ),
    NO_CONNECTION: lazy_gettext(
        "There is no connection to Twilio: check the network, the firewall, the proxy (HTTPS_PROXY) and "
        "TWILIO_API_URL, which is usually empty."
    ),
    NO_ANSWER_IN_TIME: lazy_gettext(
        "Twilio did not answer in time: see https://status.twilio.com and try again in a while."
    ),
    CONNECTION_LOST: lazy_gettext(
        "The connection to Twilio broke half-way: check the network and try again."
    ),
    NOT_SECURE: lazy_gettext(
        "Twilio's certificate could not be verified: check this machine's clock, and where a proxy or an "
        "antivirus opens the traffic, name its certificate in REQUESTS_CA_BUNDLE."
    ),
    NOT_UNDERSTOOD: lazy_gettext(
        "The answer is not Twilio's: check TWILIO_API_URL, and that no sign-in page (a hotel's, for "
        "instance) is in between."
    ),
}

_SERVER_FAILURE = lazy_gettext(
    "Twilio has a failure of its own: see https://status.twilio.com and try again in a while."
)


def advice_for(code: int | str | None) -> Message | None:
    """Return a code's meaning and remedy; None for an unknown code.

    code: of a receipt, or of an IntegrationError raised by a Twilio client (Twilio's own, else the HTTP status).
    """
    advice = _ADVICE.get(code) if code is not None else None
    if isinstance(code, int) and 500 <= code < 600:
        advice = _SERVER_FAILURE
    if advice is None:
        return None
    return advice.format(console=_CONSOLE)


def what_to_do(code: int | str | None, language: str) -> str | None:
    """Return the same in a language."""
    advice = advice_for(code)
    return None if advice is None else advice.said_in(language)


def receipt_is_permanent(code: int | None) -> bool:
    """Return whether a message that failed with this code would fail again.

    code: a receipt's ErrorCode, or a MessageState's error_code. No code, or an unknown one, counts as permanent: the
    message may have arrived after all.
    """
    return code not in PASSING_CODES
