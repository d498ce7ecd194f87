"""What the browser's phone says, per language. What its script says is in `script`, by its own keys."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BoothTexts:
    """What is said where something cannot be done."""

    too_many: str
    no_server: str
    over: str
    bad_number: str
    too_large: str


BOOTH = {
    "es": BoothTexts(
        too_many=(
            "Ya hay diez teléfonos abiertos a la vez, que son todos los que caben aquí. Cuelgue "
            "otro o espere un minuto."
        ),
        no_server="No se llega al servidor en {url}: compruebe HOST y PORT.",
        over="Ya ha terminado.",
        bad_number="Ese número no puede existir: escríbalo con su prefijo, como +34600000001.",
        too_large="El archivo es demasiado grande: caben 5 MB.",
    ),
    "en": BoothTexts(
        too_many=(
            "Ten phones are open already, which is all that fit here. Hang up another, or wait a minute."
        ),
        no_server="The server cannot be reached at {url}: check HOST and PORT.",
        over="It is over.",
        bad_number="There can be no such number: write it with its country code, such as +34600000001.",
        too_large="The file is too large: 5 MB fit.",
    ),
}


@dataclass(frozen=True)
class PhoneTexts:
    """The phone's page."""

    title: str
    intro: str
    kinds: str
    phone: str
    whatsapp: str
    no_script: str
    call: str
    options: str
    number: str
    number_hint: str
    direction: str
    inbound: str
    outbound: str
    transfer: str
    transfers: Mapping[str, str]
    transcript: str
    hint: str
    words: str
    words_hint: str
    say: str
    interrupt: str
    silence: str
    keypad: str
    keypad_hint: str
    voice: str
    microphone: str
    microphone_hint: str
    hang_up: str
    inside: str
    inside_hint: str
    script: Mapping[str, str]


PHONE = {
    "es": PhoneTexts(
        title="Pruébelo",
        intro=(
            "Llame al asistente desde aquí, sin cuenta de Twilio ni teléfono: la llamada pasa "
            "por el mismo servidor que las de verdad."
        ),
        kinds="Qué probar",
        phone="Teléfono",
        whatsapp="WhatsApp",
        no_script=(
            "Esta página necesita JavaScript. Sin él, la orden «flask --app app phone» es un "
            "teléfono en la terminal."
        ),
        call="Llamar",
        options="Opciones de la llamada",
        number="Su número",
        number_hint="Vacío: uno de prueba. «anonymous»: número oculto.",
        direction="Quién llama",
        inbound="Llamo yo",
        outbound="Me llama el asistente",
        transfer="Si pasa la llamada a una persona",
        transfers={"completed": "contesta", "no-answer": "no contesta nadie", "busy": "comunica"},
        transcript="Lo que se dice",
        hint="Pulse Llamar y pregunte lo que un cliente: hablando, si su navegador sabe oír, o escribiendo.",
        words="Lo que usted dice",
        words_hint="Escriba lo que diría",
        say="Decir",
        interrupt="Interrumpir",
        silence="Callar",
        keypad="Teclado",
        keypad_hint="La almohadilla (#) envía lo marcado; sin ella, se espera 5 s por si hay más.",
        voice="Oír su voz",
        microphone="Hablar",
        microphone_hint="Escucha su navegador; algunos envían el sonido a su fabricante.",
        hang_up="Colgar",
        inside="Por dentro: peticiones y TwiML",
        inside_hint="Aquí aparece cada petición al servidor, con lo que tardó y el TwiML que la contestó.",
        script={
            "ready": "Listo para llamar",
            "ringing": "Sonando…",
            "speaking": "Habla el asistente",
            "listening": "Le escucha",
            "thinking": "Un momento…",
            "held": "se dirá cuando termine de hablar",
            "cut": "Interrumpido; se oyó hasta: «{text}»",
            "nothing_heard": "Interrumpido antes de la primera palabra",
            "silent": "(silencio)",
            "keys": "Teclas: {text}",
            "music": "♪ suena {text}",
            "dialled": "Se llama a {numbers}: {outcome}",
            "completed": "contestan, hablan y cuelgan (simulado)",
            "no-answer": "no contesta nadie (simulado)",
            "busy": "comunica (simulado)",
            "failed": "no se puede llamar",
            "warning": "Aviso",
            "assistant": "Asistente",
            "you": "Usted",
            "again": "Llamar otra vez",
            "summary": "{length} · {turns} turnos · primera palabra: mediana {median} s, máxima {slowest} s",
            "form": "Se envió",
            "answer": "Se contestó",
            "lost_contact": "No se llega al servidor; se sigue intentando…",
            "heard_nothing": "El navegador no ha oído nada.",
            "no_microphone": "El navegador no deja usar el micrófono: escriba.",
            "hangup": "Ha colgado el asistente",
            "no more verbs": "La llamada ha terminado",
            "caller hung up": "Ha colgado",
            "rejected": "Llamada rechazada",
            "application error": "Llamada cortada por un error del servidor",
            "idle": "Se cuelga sola tras 15 minutos sin hacer nada",
            "page gone": "Se cuelga sola al cerrarse la página",
            "closed": "El servidor se ha detenido",
            "lost": "La llamada se ha perdido: se detuvo el proceso que la llevaba",
            "loops": "La llamada daba vueltas sin preguntar nada",
            "broke": "Algo ha fallado: está en el registro del servidor",
        },
    ),
    "en": PhoneTexts(
        title="Try it",
        intro=(
            "Call the assistant from here, with no Twilio account and no phone: the call goes "
            "through the same server as real ones."
        ),
        kinds="What to try",
        phone="Phone",
        whatsapp="WhatsApp",
        no_script=(
            "This page needs JavaScript. Without it, the command “flask --app app phone” is a "
            "phone in the terminal."
        ),
        call="Call",
        options="Call options",
        number="Your number",
        number_hint="Empty: a test number. “anonymous”: withheld.",
        direction="Who calls",
        inbound="I call",
        outbound="The assistant calls me",
        transfer="If it transfers the call to a person",
        transfers={"completed": "they answer", "no-answer": "nobody answers", "busy": "it is busy"},
        transcript="What is said",
        hint="Press Call and ask what a customer would ask: by speaking, if your browser can hear, or by typing.",
        words="What you say",
        words_hint="Type what you would say",
        say="Say",
        interrupt="Interrupt",
        silence="Stay silent",
        keypad="Keypad",
        keypad_hint="The pound key (#) sends what was pressed; without it, 5 s are waited for more.",
        voice="Hear its voice",
        microphone="Speak",
        microphone_hint="Your browser listens; some send the sound to their maker.",
        hang_up="Hang up",
        inside="Inside: requests and TwiML",
        inside_hint=(
            "Each request to the server appears here, with the time it took and the TwiML that answered it."
        ),
        script={
            "ready": "Ready to call",
            "ringing": "Ringing…",
            "speaking": "The assistant is speaking",
            "listening": "It is listening to you",
            "thinking": "One moment…",
            "held": "will be said when it stops speaking",
            "cut": "Interrupted; heard up to: “{text}”",
            "nothing_heard": "Interrupted before the first word",
            "silent": "(silence)",
            "keys": "Keys: {text}",
            "music": "♪ playing {text}",
            "dialled": "Calling {numbers}: {outcome}",
            "completed": "they answer, talk and hang up (simulated)",
            "no-answer": "nobody answers (simulated)",
            "busy": "it is busy (simulated)",
            "failed": "it cannot be called",
            "warning": "Warning",
            "assistant": "Assistant",
            "you": "You",
            "again": "Call again",
            "summary": "{length} · {turns} turns · first word: median {median} s, slowest {slowest} s",
            "form": "Sent",
            "answer": "Answered",
            "lost_contact": "The server cannot be reached; still trying…",
            "heard_nothing": "The browser heard nothing.",
            "no_microphone": "The browser does not allow the microphone: type instead.",
            "hangup": "The assistant hung up",
            "no more verbs": "The call is over",
            "caller hung up": "You hung up",
            "rejected": "Call rejected",
            "application error": "Call cut off by an error of the server",
            "idle": "Hung up by itself after 15 minutes of nothing",
            "page gone": "Hung up by itself when the page was closed",
            "closed": "The server has stopped",
            "lost": "The call is lost: the process that held it stopped",
            "loops": "The call went round without asking anything",
            "broke": "Something broke: the server's log says what",
        },
    ),
}
