"""What the offline model says and understands, per language.

Patterns are for words alone: folded, without punctuation, one space between them ("that s all").
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """`{business}` stands for its name. `offer` and `else_question` are parts of what is said: the questions
    that a "yes" or a "no" then answers.
    """

    greeting: str
    introduction: str
    you_are_welcome: str
    farewell: str
    anything_else: str
    go_on: str
    nobody_here: str
    do_not_know: str
    do_not_know_alone: str
    offer: str
    else_question: str
    reason_person: str
    reason_message: str

    insists_on_person: re.Pattern[str]
    person: re.Pattern[str]
    message: re.Pattern[str]
    who_are_you: re.Pattern[str]
    goodbye: re.Pattern[str]
    thanks: re.Pattern[str]
    hello: re.Pattern[str]
    yes: re.Pattern[str]
    no: re.Pattern[str]


def _any_of(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternatives})\b")


_PERSONS_ES = (
    r"(?:personas?|alguien|humano|humana|operador|operadora|agente|encargado|encargada|responsable|"
    r"companer[oa]|comercial|duen[oa]|jef[ea])"
)
_REACH_ES = (
    r"(?:hablar|hable|pasar|pasarme|pase|paseme|pasame|poner|ponerme|pongame|ponme|comunicar\w*|comunique\w*|"
    r"conectar\w*|atender\w*|atienda|transferir\w*|transfiera\w*)"
)
_PERSONS_EN = r"(?:person|human|someone|somebody|operator|agent|representative|manager|owner|staff|colleague)"
_REACH_EN = r"(?:speak|talk|pass|put|connect|transfer)"

_SPANISH = Phrases(
    greeting="Hola, soy la demostración del asistente de {business}. ¿Qué quiere saber?",
    introduction=(
        "Soy una demostración automática del asistente de {business}. No soy una persona y no tengo un modelo "
        "de lenguaje detrás: respondo solo con los datos que me han dado."
    ),
    you_are_welcome="De nada. ¿Necesita algo más?",
    farewell="Gracias por contactar con {business}. ¡Hasta luego!",
    anything_else="De acuerdo. ¿Necesita algo más?",
    go_on="Dígame.",
    nobody_here="Lo siento, ahora mismo no puedo pasarle con nadie. ¿Necesita algo más?",
    do_not_know="Eso no lo sé. ¿Quiere que tome un recado o le pase con una persona?",
    do_not_know_alone="Eso no lo sé, y no quiero inventarlo. ¿Necesita algo más?",
    offer="tome un recado",
    else_question="necesita algo más",
    reason_person="Pide hablar con una persona",
    reason_message="Quiere dejar un recado",
    insists_on_person=re.compile(rf"\b{_REACH_ES}(?: \w+){{0,3}} {_PERSONS_ES}\b"),
    person=re.compile(
        r"(?:(?:no|quiero|quisiera|necesito|prefiero|con|mejor|un|una|hay|algun|alguna) )*"
        rf"{_PERSONS_ES}(?: (?:real|de verdad|humana))?(?: por favor)?"
    ),
    message=_any_of("recado|mensaje|aviso|me llamen|me llame|llamenme|llameme"),
    who_are_you=_any_of(
        r"quien eres|quien es usted|quien es$|con quien hablo|que eres|"
        r"(?:eres|es|es usted|hablo con|estoy hablando con) (?:un|una) "
        r"(?:robot|maquina|bot|grabacion|persona|humano|ia|inteligencia artificial)"
    ),
    goodbye=_any_of(
        "adios|hasta luego|hasta pronto|hasta otra|chao|chau|nos vemos|nada mas|eso es todo|eso era todo|"
        "ya no necesito nada|puede colgar"
    ),
    thanks=_any_of("gracias|muy amable|se lo agradezco"),
    hello=_any_of("hola|buenos dias|buenas tardes|buenas noches|buenas|oiga|diga"),
    yes=re.compile(r"(?:si|vale|claro|de acuerdo|por favor|bueno|venga|perfecto|ok|esta bien|adelante)\b"),
    no=re.compile(
        r"(?:pues )?no(?: no)?(?: (?:muchas )?gracias)?(?: nada(?: mas)?)?|nada(?: mas)?(?: gracias)?"
    ),
)

_ENGLISH = Phrases(
    greeting="Hello, I am the demonstration of {business}'s assistant. What would you like to know?",
    introduction=(
        "I am an automated demonstration of {business}'s assistant. I am not a person and there is no language "
        "model behind me: I answer only from what I have been told."
    ),
    you_are_welcome="You are welcome. Is there anything else?",
    farewell="Thank you for contacting {business}. Goodbye!",
    anything_else="All right. Is there anything else?",
    go_on="Go ahead.",
    nobody_here="I am sorry, I cannot pass you to anybody right now. Is there anything else?",
    do_not_know="I do not know that. Shall I take a message or pass you to a person?",
    do_not_know_alone="I do not know that, and I will not make it up. Is there anything else?",
    offer="take a message",
    else_question="is there anything else",
    reason_person="Asks for a person",
    reason_message="Wants to leave a message",
    insists_on_person=re.compile(rf"\b{_REACH_EN}(?: \w+){{0,3}} {_PERSONS_EN}\b"),
    person=re.compile(
        r"(?:(?:no|i|want|need|prefer|would|like|to|get|a|an|real|the|is|there|your) )*"
        rf"{_PERSONS_EN}(?: please)?"
    ),
    message=_any_of("message|call me back|call back|callback"),
    who_are_you=_any_of(
        r"who are you|what are you|who is this|who am i (?:speaking|talking) (?:to|with)|"
        r"(?:are you|is this|am i (?:speaking|talking) (?:to|with)) (?:an? )?(?:real |actual )?"
        r"(?:robot|machine|bot|recording|person|human|ai)"
    ),
    goodbye=_any_of(
        "bye|goodbye|good bye|see you (?:later|soon|then|tomorrow)|"
        "that s all|thats all|that is all|that will be all|nothing else|"
        "i m done|have a (?:nice|good|great) day"
    ),
    thanks=_any_of("thanks|thank you|cheers|much appreciated"),
    hello=_any_of("hello|hi|hey|good morning|good afternoon|good evening"),
    yes=re.compile(r"(?:yes|yeah|yep|yup|sure|please|ok|okay|all right|alright|go ahead|of course)\b"),
    no=re.compile(r"no(?: no)?(?: (?:thanks|thank you))?(?: that s (?:all|it))?|nope|nothing(?: else)?"),
)

PHRASES = {"es": _SPANISH, "en": _ENGLISH}
