"""Explains failed actions and undelivered messages in the reader's language."""

from dashboard.actions.refusals import CannotBeDone, Trouble
from integrations.message_errors import TWILIO, provider_of, what_to_do
from storage.queries.messages import MessageRecord
from translations import current_language, lazy_gettext
from translations import gettext as _

TROUBLES = {
    Trouble.GONE: lazy_gettext("That is no longer there."),
    Trouble.NOTHING_WRITTEN: lazy_gettext("Nothing is written."),
    Trouble.TOO_LONG: lazy_gettext("It is too long: 4000 characters at most."),
    Trouble.OPTED_OUT: lazy_gettext("This person asked for no more messages and has not written since."),
    Trouble.UNREACHABLE: lazy_gettext("This person shows no number: there is nothing to write to."),
    Trouble.WAITS_ALREADY: lazy_gettext("It is waiting for a person already."),
    Trouble.TAKEN: lazy_gettext("Somebody has it already."),
    Trouble.SIMULATED: lazy_gettext(
        "This is a simulated call: hang up, or ask for a person, on the phone itself."
    ),
    Trouble.CALL_OVER: lazy_gettext("The call is over."),
    Trouble.CANNOT_TRANSFER: lazy_gettext(
        "Nobody to transfer it to: set HUMAN_PHONE_NUMBER, WEBHOOK_URL and the Twilio account."
    ),
    Trouble.COMES_BACK: lazy_gettext(
        "The transfer would ring a number of this very call: the caller's, or the one that was called."
    ),
    Trouble.IN_TRANSFER: lazy_gettext("A person is being rung already, or speaks with the caller."),
    Trouble.BEING_DONE: lazy_gettext("It is being done: look again in half a minute."),
    Trouble.NO_CREDENTIALS: lazy_gettext(
        "There is no Twilio account to end it with (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN)."
    ),
    Trouble.NOT_AGAIN: lazy_gettext("Sending it again would not help."),
    Trouble.NO_WHATSAPP: lazy_gettext(
        "WhatsApp is not set up: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or D360_API_KEY."
    ),
    Trouble.NO_PHONE: lazy_gettext(
        "Nobody can be called: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER and WEBHOOK_URL."
    ),
    Trouble.NOT_IN_STATE: lazy_gettext(
        "The campaign is in another state by now: this cannot be done with it."
    ),
    Trouble.NOBODY: lazy_gettext("There is nobody who could be tried again."),
    Trouble.NOT_MADE: lazy_gettext("To be corrected: {reason}"),
    Trouble.TEMPLATE: lazy_gettext("Nothing is sent. {reason}"),
    Trouble.NOT_TRIED: lazy_gettext("It was not tried. {reason}"),
    Trouble.NOT_TAKEN: lazy_gettext("Nothing was changed. To be corrected: {reason}"),
    Trouble.NO_REMINDER: lazy_gettext("It is no reminder: its list stays as it is."),
    Trouble.NO_LIST: lazy_gettext("Choose the file with the list."),
    Trouble.LONG_LIST: lazy_gettext(
        "The list is too long to be read while you wait: give it with the command campaign update."
    ),
    Trouble.REFUSED: lazy_gettext("Twilio did not do it. {reason}"),
}
"""The sentence for each refusal of an action; {reason} is the provider's."""


def reason_of(provider: str, code: int | str | None) -> str:
    """Return the meaning of a provider's code and its remedy; "" without a code."""
    if code is None:
        return ""
    return what_to_do(provider, code, current_language()) or _("The provider's code {code}.").format(
        code=code
    )


def reason_for_message(message: MessageRecord, provider: str) -> str:
    """Return the reason of a message's failure. provider: the conversation's, for a message without an id."""
    if message.sid is None and message.error_code is None:
        return _("It could not be sent; the server's log says why.")
    return reason_of(provider_of(message.sid, provider), message.error_code)


def sentence_of(error: CannotBeDone) -> str:
    """Return the reason for refusing an action."""
    # Only calls are refused by a provider here, and their provider is Twilio
    reason = " ".join(map(str, error.why)) or reason_of(TWILIO, error.code)
    return str(TROUBLES[error.trouble].format(reason=reason)).strip()
