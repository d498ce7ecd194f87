"""Words that, as a whole message, are an order to us and not a question to the assistant.

The English ones are Twilio's (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out), but for two that
people also send to an assistant: YES answers its questions, and INFO asks for what it is there to tell.
"""

import re
import unicodedata
from enum import StrEnum

_LONGEST = 200
"""Characters of a message that can be a keyword, with whatever emoji and dots people put around it."""


class Keyword(StrEnum):
    """What a keyword asks for."""

    STOP = "stop"
    MAYBE_STOP = "maybe-stop"
    """Said of messages, but of appointments and contracts too: whoever hears it has to ask."""
    START = "start"
    HELP = "help"
    YES = "yes"
    """An order only where it answers our question."""


# As _plain() returns them. To stop takes many forms; to begin again must be said as it was told.
_STOP = """
    stop, stopall, stop all, unsubscribe, end, quit, revoke, optout, opt out, arret, stop please, please stop,
    stop messaging me, stop texting me, no more messages, do not contact me, do not message me,
    baja, baixa, dar de baja, darme de baja, dame de baja, deme de baja, denme de baja, baja por favor,
    stop por favor, darme de baja por favor, dar de baja por favor,
    no molestar, no molestar mas, no me molestes, no me moleste, no me molesten, no molesten, no molesteis,
    no me molestes mas, no me moleste mas, no me molesten mas, no molesten mas,
    no me escribas mas, no me escriba mas, no me escriban mas, no me escribais mas,
    no enviar mas, no enviar mas mensajes, no mas mensajes, no mas publicidad, no quiero mas mensajes,
    no quiero mas publicidad, no quiero recibir mas mensajes, no quiero recibir mensajes,
    deja de escribirme, deje de escribirme, dejen de escribirme, dejad de escribirme,
    desuscribir, desuscribirme, desuscribirse
"""
_MAYBE_STOP = """
    cancel, cancelar, cancela, cancele, cancelen, cancelar suscripcion, anular, anular suscripcion,
    parar, para, pare, paren, parad, basta, quiero darme de baja, me quiero dar de baja, quiero la baja
"""
_START = "start, unstop, alta"
_HELP = "help, ayuda"
_YES = "si, si por favor, si quiero, si claro, claro que si, vale, yes, yes please, yes i do"

_KEYWORDS = {
    words.strip(): keyword
    for keyword, listed in {
        Keyword.STOP: _STOP,
        Keyword.MAYBE_STOP: _MAYBE_STOP,
        Keyword.START: _START,
        Keyword.HELP: _HELP,
        Keyword.YES: _YES,
    }.items()
    for words in listed.split(",")
}


def keyword_of(body: str) -> Keyword | None:
    """Return what a message asks for that is nothing but a keyword; None for all others.

    Case, accents, punctuation, emoji and invisible characters do not count, nor how often one word is said
    ("STOP STOP"). Of a sentence with a keyword in it nothing is concluded: "quiero darme de baja del gimnasio".
    """
    if len(body) > _LONGEST:
        return None
    words = _plain(body).split()
    if len(set(words)) == 1:
        words = words[:1]
    return _KEYWORDS.get(" ".join(words))


def _plain(text: str) -> str:
    """Return a text without its accents and in small letters, a space for whatever is neither letter nor digit."""
    seen = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in ("Mn", "Cf"))
    return re.sub(r"[\W_]+", " ", "".join(seen).casefold())
