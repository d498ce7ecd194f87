"""Translates the texts of the browser phone's and WhatsApp's scripts."""

from collections.abc import Mapping

from translations import Message, lazy_gettext, lazy_pgettext

PHONE = {
    "ready": lazy_gettext("Ready to call"),
    "ringing": lazy_gettext("Ringing…"),
    "speaking": lazy_gettext("The assistant is speaking"),
    "listening": lazy_gettext("It is listening to you"),
    "thinking": lazy_gettext("One moment…"),
    "held": lazy_gettext("will be said when it stops speaking"),
    "cut": lazy_gettext("Interrupted; heard up to: “{text}”"),
    "nothing_heard": lazy_gettext("Interrupted before the first word"),
    "silent": lazy_gettext("(silence)"),
    "keys": lazy_gettext("Keys: {text}"),
    "music": lazy_gettext("♪ playing {text}"),
    "dialled": lazy_gettext("Calling {numbers}: {outcome}"),
    "completed": lazy_gettext("they answer, talk and hang up (simulated)"),
    "no-answer": lazy_gettext("nobody answers (simulated)"),
    "busy": lazy_gettext("it is busy (simulated)"),
    "failed": lazy_gettext("it cannot be called"),
    "warning": lazy_gettext("Warning"),
    "assistant": lazy_gettext("Assistant"),
    "you": lazy_gettext("You"),
    "again": lazy_gettext("Call again"),
    "summary": lazy_gettext("{length} · {turns} turns · first word: median {median} s, slowest {slowest} s"),
    "form": lazy_pgettext("of a request", "Sent"),
    "answer": lazy_gettext("Answered"),
    "lost_contact": lazy_gettext("The server cannot be reached; still trying…"),
    "heard_nothing": lazy_gettext("The browser heard nothing."),
    "no_microphone": lazy_gettext("The browser does not allow the microphone: type instead."),
    "hangup": lazy_gettext("The assistant hung up"),
    "no more verbs": lazy_pgettext("of the browser's phone", "The call is over"),
    "caller hung up": lazy_gettext("You hung up"),
    "rejected": lazy_gettext("Call rejected"),
    "application error": lazy_gettext("Call cut off by an error of the server"),
    "idle": lazy_gettext("Hung up by itself after 15 minutes of nothing"),
    "page gone": lazy_gettext("Hung up by itself when the page was closed"),
    "closed": lazy_gettext("The server has stopped"),
    "lost": lazy_gettext("The call is lost: the process that held it stopped"),
    "loops": lazy_gettext("The call went round without asking anything"),
    "broke": lazy_gettext("Something broke: the server's log says what"),
}
WHATSAPP = {
    "empty": lazy_gettext("Type something and press Send; several messages in a row are fine."),
    "typing": lazy_gettext("typing…"),
    "online": lazy_gettext("online"),
    "offline": lazy_gettext("not connected"),
    "sent": lazy_pgettext("of a message", "Sent"),
    "delivered": lazy_gettext("Delivered"),
    "read": lazy_gettext("Read"),
    "refused": lazy_gettext("Not accepted"),
    "image": lazy_gettext("Photo"),
    "audio": lazy_gettext("Voice note"),
    "video": lazy_gettext("Video"),
    "document": lazy_gettext("Document"),
    "later": lazy_gettext("No answer yet. It comes by itself."),
    "too_large": lazy_gettext("The file is too large: 5 MB fit."),
    "form": lazy_pgettext("of a request", "Sent"),
    "answer": lazy_gettext("Answered"),
    "warning": lazy_gettext("Warning"),
    "lost_contact": lazy_gettext("The server cannot be reached; still trying…"),
    "left": lazy_gettext(
        "You closed this WhatsApp. Write to open another; the assistant remembers the conversation."
    ),
    "idle": lazy_gettext("Closed after 15 minutes without writing. Write to go on."),
    "page gone": lazy_gettext("Closed when the page was. Write to go on."),
    "closed": lazy_gettext("The server has stopped. Write to go on."),
    "lost": lazy_gettext("The process that held it stopped. Write to go on."),
}


def script_texts(messages: Mapping[str, Message]) -> dict[str, str]:
    """Return a script's texts in the reader's language."""
    return {key: str(message) for key, message in messages.items()}
