"""Finds the text that best matches a question's significant words, in Spanish and English without a dictionary.

Words are compared without accents, case and endings. Rare words weigh more (inverse document frequency, Robertson and
Spärck Jones). A question of mostly unknown words finds nothing, so that its answer is not a guess.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from integrations.plain_text import folded

THRESHOLD = 0.55
"""The minimum share of a question's weight that a text must cover."""


def _listed(text: str) -> list[str]:
    return text.split()


_STOP_WORDS = frozenset(
    _listed(
        """
        a al algo alguna algun alguno ahi ahora ante aqui aun bien bueno buenas buenos cerca como con cosa
        cual cuales cuando cuanta cuantas cuanto cuantos da dan dar de decir decirme deci del desde dia dias
        di diga digame dime donde el ella ellos en entonces era eres es esa ese eso esta estais estan estar
        estas este esto estoy favor fue gracias gustaria ha hoy hace hacen hacer haceis hacia hasta hay hola
        he informacion ir la las le les lo llama llaman llamar llamo llamaba llame los manana mas me mi
        mire mirar muy necesito necesitaria no nos o
        oiga oye para pedir pedirle pedia pero podeis podria podrian poder por porque pues puede pueden
        puedo que queria quiero
        quisiera querria saber sabe se sea ser si sido sin sobre son soy su sus tambien tan te tiempo
        tendria tendrian tener tenemos teneis tiene tienen tienes tengo tu tus u ud un una unas uno unos
        usted ustedes va vais van vosotros voy vuestra vuestro y ya yo
        about all am an and any anything are as at be been but by can could d day days did do does for from get give go
        good had has have hello hey hi how i if in information into is it its just know let like ll m may me
        might mine much many my near nearby need not of ok okay on one or our ours out please re s say so
        some something sure t tell than thank thanks that the them then there these they thing this to today
        tomorrow too us ve want was we were what when where which who why will with would yes you your yours
        """
    )
)

# A line for each subject that callers name in many words.
_CONCEPTS = {
    word: line[0]
    for line in map(
        _listed,
        (
            "horario horarios hora horas abrimos abren abris abrir abre abierto abierta abiertos abiertas"
            " cerramos cierran cerrais cerrar cierra cerrado cerrada cerrados apertura cierre"
            " hours hour time open opens opening opened close closes closing closed",
            "precio precios cuesta cuestan costar coste costes cobran cobrais tarifa tarifas vale valen caro barato"
            " sale salen"
            " price prices cost costs charge charges rate rates fee fees expensive cheap",
            "direccion calle ubicacion ubicada ubicados ubicado situados encuentra encuentran llega llegar llego"
            " address street located location directions find",
            "cita citas reserva reservas reservar turno hueco huecos disponibilidad"
            " appointment appointments book booking bookings reservation reservations availability openings slot slots",
            "dolor dolores duele duelen dolia molestia molestias pain pains hurt hurts ache aches",
            "urgencia urgencias urgente emergencia emergencias urgent emergency emergencies",
            "nino ninos nina ninas kid kids child children",
            "aparcamiento aparcar parking park parquear estacionamiento estacionar",
            "pago pagar pagos pay payment payments",
            "anular anulo cancelar cancelo cancel cancelling cancellation",
        ),
    )
    for word in line
}

# What two words mean that neither means alone.
_PHRASES = (
    (re.compile(r"\bhow much\b"), "price"),
    (re.compile(r"\b(?:ped\w+|pid\w+|d[ae]\w*|coger|reservar) hora\b"), "cita"),
)

# Questions with a question word alone: "¿dónde están?", "when are you open?".
_QUESTION_WORDS = {"donde": "direccion", "where": "direccion", "cuando": "horario", "when": "horario"}

_ENDINGS = (
    *("aciones", "acion", "iendo", "ando", "amos", "emos", "imos", "ados", "idos", "adas", "idas"),
    *("ado", "ido", "ada", "ida", "ais", "eis", "ing", "ies", "ed", "is", "ar", "er", "ir", "an", "en"),
    *("as", "es", "os", "a", "e", "n", "o", "s"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A found text's position, and the share of the question that it covers (0 to 1)."""

    position: int
    score: float


class LexicalIndex:
    """An index of texts, each a pair of title and body; words of the body weigh less."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self._texts = [_weights(title, body) for title, body in texts]
        seen = Counter(term for weights in self._texts for term in weights)
        self._rarity = {term: self._rarity_of(count) for term, count in seen.items()}
        self._unknown = self._rarity_of(1)

    def find(self, question: str) -> list[Hit]:
        """Return the texts that cover enough of the question, best first."""
        asked = terms(question)
        whole = sum(self._weight(term) for term in asked)
        if not whole:
            return []
        scores = (
            sum(self._weight(term) * weights.get(term, 0.0) for term in asked) / whole
            for weights in self._texts
        )
        hits = [Hit(position, score) for position, score in enumerate(scores) if score >= THRESHOLD]
        return sorted(hits, key=lambda hit: -hit.score)

    def _weight(self, term: str) -> float:
        return self._rarity.get(term, self._unknown)

    def _rarity_of(self, count: int) -> float:
        return math.log(1 + (len(self._texts) - count + 0.5) / (count + 0.5))


def _weights(title: str, body: str) -> dict[str, float]:
    return {**dict.fromkeys(terms(body), 0.8), **dict.fromkeys(terms(title), 1.0)}


def terms(text: str) -> set[str]:
    """Return a text's significant words: folded, without common words and endings."""
    bare = " ".join(words(text))
    for phrase, word in _PHRASES:
        bare = phrase.sub(word, bare)
    found = bare.split()
    telling = {_CONCEPTS.get(word) or _stem(word) for word in found if word not in _STOP_WORDS}
    return telling or {_QUESTION_WORDS[word] for word in found if word in _QUESTION_WORDS}


def words(text: str) -> list[str]:
    """Return a text's words in lower case, without accents."""
    return re.findall(r"[a-z0-9]+", folded(text))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word
