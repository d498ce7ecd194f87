"""Defines the terminal WhatsApp's texts."""

from translations import Message, lazy_gettext

PHRASES: dict[str, Message] = {
    "title": lazy_gettext("Test WhatsApp"),
    "help": lazy_gettext(
        "Type and press Enter; several in a row are fine. [b]/photo[/] PATH and [b]/voice[/] "
        "PATH (with no path, a sample), with words after it if you like. [b]/stop[/] and "
        "[b]/start[/]. [b]/exit[/] or ^D. [b]/help[/]."
    ),
    "assistant": lazy_gettext("Assistant"),
    "person": lazy_gettext("You"),
    "thinking": lazy_gettext("…"),
    "photo": lazy_gettext("[photo]"),
    "voice": lazy_gettext("[voice note]"),
    "media": lazy_gettext("[file] {url}"),
    "no_reply": lazy_gettext("(no reply)"),
    "no_file": lazy_gettext("{path} cannot be read: {reason}."),
    "no_command": lazy_gettext("There is no command {command}: /help says which there are."),
    "warning": lazy_gettext("warning"),
    "no_server": lazy_gettext("There is no server at {url}: start one with ./start.sh, and try again."),
    "port_taken": lazy_gettext("Port {port} is taken: choose another with --api-port."),
    "not_known": lazy_gettext("That server does not know this WhatsApp: is it this installation's?"),
    "one_message": lazy_gettext("1 message sent"),
    "messages": lazy_gettext("{count} messages sent"),
    "one_answer": lazy_gettext("1 received"),
    "answers": lazy_gettext("{count} received"),
    "waits": lazy_gettext("wait: median {median} s, slowest {slowest} s"),
    "opt_out": lazy_gettext("STOP"),
    "opt_in": lazy_gettext("START"),
}
