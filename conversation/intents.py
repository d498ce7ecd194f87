"""Words that ask for a person and nothing else: whoever says them is not kept waiting for a model.

Of a longer sentence the model decides, which knows what it is about.
"""

import re
import unicodedata

_MOST_WORDS = 10

_SPANISH = re.compile(
    r"(?:(?:hola|buenas|buenos dias|buenas tardes|por favor|no|mire|oiga|perdone|disculpe) )*"
    r"(?:(?:quiero|quisiera|querria|necesito|prefiero|deseo|puedo|podria|me gustaria|mejor) )*"
    r"(?:hablar|hablo|conversar|pasarme|pasar|paseme|pasame|pongame|ponme|comuniqueme|comunicame|comunicarme|transferirme"
    r"|transfierame|transfiereme|que me pasen|que me atienda|que me atiendan|atencion de)"
    r"(?: (?:ya|ahora|directamente))?(?: con)?(?: (?:un|una|alguna|algun|el|la|alguien))*"
    r" (?:persona|humano|humana|agente|operador|operadora|asesor|asesora|representante|encargado|encargada|alguien"
    r"|comercial|vendedor|vendedora|ser humano|persona real|persona de verdad|agente humano|agente real)"
    r"(?: (?:real|de verdad|humana|humano|del equipo))?(?: (?:por favor|ya|ahora|gracias))*"
)
_ENGLISH = re.compile(
    r"(?:(?:hi|hello|please|no|sorry|look) )*"
    r"(?:(?:i|i d|id|i would|want|need|like|prefer|to|can|could|may|let|me|you) )*"
    r"(?:speak|talk|transfer me|put me through|connect me|pass me|get me)(?: (?:to|with|through))*"
    r"(?: (?:a|an|the|some|real|live|actual))*"
    r" (?:person|human|human being|agent|operator|representative|somebody|someone|salesperson|manager)"
    r"(?: (?:please|now|thanks|thank you))*"
)


def asks_for_person(said: str) -> bool:
    """Say whether these words, in Spanish or English, ask for a person and nothing else."""
    decomposed = unicodedata.normalize("NFKD", said.casefold())
    plain = re.sub(r"[\W_]+", " ", "".join(c for c in decomposed if not unicodedata.combining(c))).strip()
    if plain.count(" ") >= _MOST_WORDS:
        return False
    return bool(_SPANISH.fullmatch(plain) or _ENGLISH.fullmatch(plain))
