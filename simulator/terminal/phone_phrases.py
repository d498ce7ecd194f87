"""Defines the terminal phone's texts."""

from simulator.twilio.journal import Ending
from translations import Message, lazy_gettext, lazy_pgettext

PHRASES: dict[str, Message] = {
    "title": lazy_gettext("Test phone"),
    "help": lazy_gettext(
        "Type what you say and press Enter. Enter alone: silence. [b]1#[/] or [b]/1[/]: keys. "
        "[b]![/]text: interrupts. [b]/hangup[/] or ^D: hangs up. [b]/help[/]."
    ),
    "assistant": lazy_gettext("Assistant"),
    "caller": lazy_gettext("You"),
    "ringing": lazy_gettext("Ringing…"),
    "thinking": lazy_gettext("…"),
    "speaking": lazy_gettext("is speaking: yours comes after that ([b]![/] interrupts)"),
    "silence": lazy_gettext("(silence)"),
    "hangs_up": lazy_gettext("(hangs up)"),
    "warning": lazy_gettext("warning"),
    "heard_until": lazy_gettext('heard up to "{text}"'),
    "dial": lazy_gettext("Calling {numbers}"),
    "completed": lazy_gettext("they answer, talk and hang up (simulated)"),
    "no-answer": lazy_gettext("nobody answers (simulated)"),
    "busy": lazy_gettext("it is busy (simulated)"),
    "failed": lazy_gettext("it cannot be called"),
    "music": lazy_gettext("playing"),
    "no_keys": lazy_gettext("The phone has no keys for {digits}."),
    "no_server": lazy_gettext("There is no server at {url}: start one with ./start.sh, and call again."),
    "failure": lazy_gettext(
        "The server could not go on with the call. Twilio would give error {code} at {url}: {message}"
    ),
    "not_known": lazy_gettext("That server does not know this phone: is it this installation's?"),
    "loops": lazy_gettext("The call goes round without asking anything: {message}"),
    "one_turn": lazy_gettext("1 turn"),
    "turns": lazy_gettext("{count} turns"),
    "first_word": lazy_gettext("first word: median {median} s, slowest {slowest} s"),
    Ending.HANGUP: lazy_pgettext("test phone", "The assistant hung up"),
    Ending.NO_MORE_VERBS: lazy_gettext("The call is over: nothing was left to do"),
    Ending.CALLER: lazy_gettext("You hung up"),
    Ending.REJECTED: lazy_gettext("Call rejected"),
    Ending.APPLICATION_ERROR: lazy_gettext("Call cut off by an error"),
}
