"""What sellers are told, and what their answers mean, in Spanish and in English."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from storage.queries.offers import HandoffFacts

MOST = 1600
"""Characters of a message."""


class Answer(StrEnum):
    """What a seller says to an offer."""

    TAKE = "take"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Notices:
    """The words of a language. {name}, {number}: of the customer or of the seller."""

    title: str
    customer: str
    phone: str
    reason: str
    conversation: str
    context: str
    how_to_take: str
    yours: str
    taken_by: str
    passed_on: str
    note_taken: str
    note_nobody: str


_SPANISH = Notices(
    title="*Nuevo cliente solicita atención humana*",
    customer="Cliente",
    phone="Teléfono",
    reason="Motivo",
    conversation="Conversación",
    context="Contexto",
    how_to_take="Responda OK para atenderlo, o NO para que se avise a otra persona.",
    yours="Es suyo: {name} {number}. Escríbale o llámele.",
    taken_by="Ya lo atiende {name}. Gracias.",
    passed_on="De acuerdo, se avisa a otra persona.",
    note_taken="Lo atiende {name}.",
    note_nobody="Nadie del equipo ha respondido al aviso.",
)
_ENGLISH = Notices(
    title="*A new customer asks for a person*",
    customer="Customer",
    phone="Phone",
    reason="Reason",
    conversation="Conversation",
    context="Context",
    how_to_take="Answer OK to take it, or NO to have somebody else told.",
    yours="It's yours: {name} {number}. Write to them or call them.",
    taken_by="{name} is seeing to it. Thank you.",
    passed_on="All right, somebody else is told.",
    note_taken="{name} is seeing to it.",
    note_nobody="Nobody of the team has answered the notice.",
)


def notices_for(language: str) -> Notices:
    """Return the words for a profile's language, "es-ES" or "en"; Spanish for others."""
    return _ENGLISH if language.startswith("en") else _SPANISH


def notice(words: Notices, facts: HandoffFacts, conversation: str) -> str:
    """Return what a seller is told of a handoff: a line for each thing that is known."""
    named = [
        (words.customer, facts.name),
        (words.phone, facts.number if facts.number.startswith("+") else ""),
        (words.reason, facts.reason),
        (words.conversation, conversation),
    ]
    lines = [words.title, *(f"*{label}*: {plain_line(value)}" for label, value in named if value)]
    about = _plain((facts.context or facts.summary).strip())
    room = MOST - len("\n".join(lines)) - len(words.how_to_take) - len(words.context) - 10
    if about:
        lines.append(
            f"*{words.context}*:\n{about if len(about) <= room else about[: room - 1].rstrip() + '…'}"
        )
    return "\n".join([*lines, "", words.how_to_take])


def read_answer(said: str) -> Answer | None:
    """Return what a seller's whole message says to an offer; None where it is neither."""
    seen = unicodedata.normalize("NFKD", said.casefold())
    plain = re.sub(r"[\W_]+", " ", "".join(c for c in seen if not unicodedata.combining(c))).strip()
    if plain in _TAKES:
        return Answer.TAKE
    return Answer.DECLINE if plain in _DECLINES else None


def _words(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(","))


_TAKES = _words("""
    ok, okay, okey, vale, si, tomo, lo tomo, la tomo, tomado, mio, es mio, yo, yo lo tomo, voy, listo, dale,
    de acuerdo, lo atiendo, yo lo atiendo, me encargo, yo me encargo, yes, take, i take it, i ll take it, mine, on it
""")
_DECLINES = _words("""
    no, no puedo, paso, ahora no, imposible, ocupado, ocupada, no thanks, can t, i can t, busy, pass
""")


def plain_line(text: str) -> str:
    """Return somebody's words as they go into a line of a notice: no line break, and nothing that WhatsApp formats."""
    return _plain(" ".join(text.split()))


def _plain(text: str) -> str:
    """Put what looks the same in the place of WhatsApp's marks, which nothing escapes: no words pass for a label."""
    return _QUOTE.sub("›", _EDGE.sub("ˍ", text.translate(_MARKS)))


_MARKS = str.maketrans("*~`", "∗∼ˋ")
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""An underscore at the edge of a word; within one, as in an address, it formats nothing."""
_QUOTE = re.compile(r"^>", re.MULTILINE)
