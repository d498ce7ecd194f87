"""The words for what is kept as a code: channels, states, what became of calls and messages, what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Words that several pages use, by what is kept."""

    channels: Mapping[str, str]
    states: Mapping[str, str]
    calls: Mapping[str, str]
    """Twilio's call statuses."""
    directions: Mapping[str, str]
    messages: Mapping[str, str]
    """What became of a written message."""
    sources: Mapping[str, str]
    """Who asked for a handoff."""
    troubles: Mapping[str, str]
    """Why what an operator asked for was not done; {reason} is the provider's, in words."""
    done: Mapping[str, str]
    """That it was done."""
    unknown_code: str
    """A provider's code that nothing is known of: {code}."""
    simulated: str
    nameless: str
    nothing_said: str
    older: str
    newest: str
    retry: str
    take: str
    latency: str
    """What the plot of a call's waits is called: {count} answers, the longest wait {longest}."""


WORDS = {
    "es": Words(
        channels={"phone": "Teléfono", "whatsapp": "WhatsApp", "chat": "Terminal"},
        states={"live": "en curso", "person": "con una persona", "waiting": "espera a una persona"},
        calls={
            "queued": "en cola",
            "initiated": "iniciada",
            "ringing": "sonando",
            "in-progress": "en curso",
            "completed": "terminada",
            "busy": "comunicaba",
            "failed": "fallida",
            "no-answer": "sin respuesta",
            "canceled": "cancelada",
        },
        directions={"inbound": "entrante", "outbound-api": "saliente", "outbound-dial": "saliente"},
        messages={
            "received": "recibido",
            "settled": "recibido",
            "waiting": "por enviar",
            "claimed": "en camino",
            "sending": "enviándose",
            "queued": "en cola",
            "sent": "enviado",
            "delivered": "entregado",
            "read": "leído",
            "undelivered": "sin entregar",
            "held": "retenido: lo lleva una persona",
            "failed": "fallido",
        },
        sources={
            "assistant": "el asistente",
            "words": "lo pidió con palabras",
            "key": "lo pidió con una tecla",
            "failure": "el asistente no pudo contestar",
            "api": "otro sistema",
            "operator": "alguien del panel",
        },
        troubles={
            "gone": "Eso ya no existe.",
            "nothing-written": "No hay nada escrito.",
            "too-long": "Es demasiado largo: 4000 caracteres como mucho.",
            "opted-out": "Esta persona pidió no recibir más mensajes y no ha vuelto a escribir.",
            "waits-already": "Ya está esperando a una persona.",
            "taken": "Ya lo tiene alguien.",
            "simulated": "Es una llamada simulada: cuelgue o pida una persona desde el propio teléfono.",
            "call-over": "La llamada ya ha terminado.",
            "cannot-transfer": "No hay a quién pasarla: defina HUMAN_PHONE_NUMBER, WEBHOOK_URL y la cuenta de Twilio.",
            "no-credentials": "No hay cuenta de Twilio con la que colgarla (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN).",
            "not-again": "Enviarlo otra vez no serviría.",
            "refused": "Twilio no lo hizo. {reason}",
        },
        done={
            "take-over": "La conversación es suya: el asistente calla.",
            "write": "Mensaje en camino. El asistente calla hasta que le devuelva la conversación.",
            "give-back": "El asistente vuelve a contestar.",
            "hand-off": "Se ha avisado a una persona.",
            "opt-out": "No se le enviará nada más por iniciativa propia.",
            "opt-in": "Vuelve a recibir mensajes.",
            "hang-up": "Llamada colgada.",
            "transfer": "Se está llamando a una persona.",
            "take-handoff": "Es suya.",
            "retry": "Se envía otra vez.",
        },
        unknown_code="Código {code} del proveedor.",
        simulated="simulador",
        nameless="Sin nombre",
        nothing_said="Todavía no se ha dicho nada",
        older="Anteriores",
        newest="Volver a lo último",
        retry="Enviar otra vez",
        take="Me la quedo",
        latency="{count} respuestas; la espera más larga, {longest}",
    ),
    "en": Words(
        channels={"phone": "Phone", "whatsapp": "WhatsApp", "chat": "Terminal"},
        states={"live": "going on", "person": "with a person", "waiting": "waits for a person"},
        calls={
            "queued": "queued",
            "initiated": "initiated",
            "ringing": "ringing",
            "in-progress": "going on",
            "completed": "over",
            "busy": "busy",
            "failed": "failed",
            "no-answer": "no answer",
            "canceled": "cancelled",
        },
        directions={"inbound": "incoming", "outbound-api": "outgoing", "outbound-dial": "outgoing"},
        messages={
            "received": "received",
            "settled": "received",
            "waiting": "to be sent",
            "claimed": "on its way",
            "sending": "being sent",
            "queued": "queued",
            "sent": "sent",
            "delivered": "delivered",
            "read": "read",
            "undelivered": "not delivered",
            "held": "held back: a person has it",
            "failed": "failed",
        },
        sources={
            "assistant": "the assistant",
            "words": "asked for in words",
            "key": "asked for with a key",
            "failure": "the assistant could not answer",
            "api": "another system",
            "operator": "somebody at the dashboard",
        },
        troubles={
            "gone": "That is no longer there.",
            "nothing-written": "Nothing is written.",
            "too-long": "It is too long: 4000 characters at most.",
            "opted-out": "This person asked for no more messages and has not written since.",
            "waits-already": "It is waiting for a person already.",
            "taken": "Somebody has it already.",
            "simulated": "This is a simulated call: hang up, or ask for a person, on the phone itself.",
            "call-over": "The call is over.",
            "cannot-transfer": "Nobody to transfer it to: set HUMAN_PHONE_NUMBER, WEBHOOK_URL and the Twilio account.",
            "no-credentials": "There is no Twilio account to end it with (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN).",
            "not-again": "Sending it again would not help.",
            "refused": "Twilio did not do it. {reason}",
        },
        done={
            "take-over": "The conversation is yours: the assistant is silent.",
            "write": "The message is on its way. The assistant is silent until you give the conversation back.",
            "give-back": "The assistant answers again.",
            "hand-off": "A person has been told.",
            "opt-out": "Nothing more is sent to them of our own accord.",
            "opt-in": "They receive messages again.",
            "hang-up": "The call was ended.",
            "transfer": "A person is being called.",
            "take-handoff": "It is yours.",
            "retry": "It is being sent again.",
        },
        unknown_code="The provider's code {code}.",
        simulated="simulator",
        nameless="No name",
        nothing_said="Nothing has been said yet",
        older="Older",
        newest="Back to the newest",
        retry="Send again",
        take="I take it",
        latency="{count} answers; the longest wait was {longest}",
    ),
}


@dataclass(frozen=True)
class FileTexts:
    """What came with a message."""

    picture: str
    voice: str
    video: str
    contact: str
    document: str
    not_opened: str


FILES = {
    "es": FileTexts(
        picture="Foto",
        voice="Nota de voz",
        video="Vídeo",
        contact="Tarjeta de contacto",
        document="Documento",
        not_opened="sin abrir por el asistente",
    ),
    "en": FileTexts(
        picture="Photo",
        voice="Voice note",
        video="Video",
        contact="Contact card",
        document="Document",
        not_opened="not opened by the assistant",
    ),
}
