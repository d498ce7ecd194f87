"""What the browser's WhatsApp says, per language. What its script says is in `script`, by its own keys."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WhatsAppTexts:
    """The WhatsApp's page."""

    title: str
    intro: str
    kinds: str
    phone: str
    whatsapp: str
    no_script: str
    options: str
    number: str
    number_hint: str
    name: str
    chat: str
    message: str
    message_hint: str
    send: str
    attach: str
    photo: str
    voice: str
    file: str
    new: str
    inside: str
    inside_hint: str
    script: Mapping[str, str]


WHATSAPP = {
    "es": WhatsAppTexts(
        title="Pruébelo",
        intro=(
            "Escriba al asistente como por WhatsApp, sin cuenta de Twilio: cada mensaje pasa por "
            "el mismo servidor que los de verdad."
        ),
        kinds="Qué probar",
        phone="Teléfono",
        whatsapp="WhatsApp",
        no_script=(
            "Esta página necesita JavaScript. Sin él, la orden «flask --app app whatsapp "
            "simulate» es un WhatsApp en la terminal."
        ),
        options="Quién escribe",
        number="Su número",
        number_hint="Vacío: uno de prueba.",
        name="Su nombre",
        chat="La conversación",
        message="Mensaje",
        message_hint="Escriba un mensaje",
        send="Enviar",
        attach="Enviar algo más",
        photo="Foto de muestra",
        voice="Nota de voz de muestra",
        file="Un archivo suyo",
        new="Cerrar este WhatsApp",
        inside="Por dentro: peticiones y TwiML",
        inside_hint="Aquí aparece cada petición al servidor, con lo que tardó y el TwiML que la contestó.",
        script={
            "empty": "Escriba algo y pulse Enviar; puede mandar varios mensajes seguidos.",
            "typing": "escribiendo…",
            "online": "en línea",
            "offline": "sin conexión",
            "sent": "Enviado",
            "delivered": "Entregado",
            "read": "Leído",
            "refused": "No aceptado",
            "image": "Foto",
            "audio": "Nota de voz",
            "video": "Vídeo",
            "document": "Documento",
            "later": "Aún no hay respuesta. Llegará sola.",
            "too_large": "El archivo es demasiado grande: caben 5 MB.",
            "form": "Se envió",
            "answer": "Se contestó",
            "warning": "Aviso",
            "lost_contact": "No se llega al servidor; se sigue intentando…",
            "left": (
                "Ha cerrado este WhatsApp. Escriba para abrir otro; el asistente recuerda la conversación."
            ),
            "idle": "Se ha cerrado tras 15 minutos sin escribir. Escriba para seguir.",
            "page gone": "Se cerró al cerrarse la página. Escriba para seguir.",
            "closed": "El servidor se ha detenido. Escriba para seguir.",
            "lost": "Se detuvo el proceso que lo llevaba. Escriba para seguir.",
        },
    ),
    "en": WhatsAppTexts(
        title="Try it",
        intro=(
            "Write to the assistant as if by WhatsApp, with no Twilio account: each message goes "
            "through the same server as real ones."
        ),
        kinds="What to try",
        phone="Phone",
        whatsapp="WhatsApp",
        no_script=(
            "This page needs JavaScript. Without it, the command “flask --app app whatsapp "
            "simulate” is a WhatsApp in the terminal."
        ),
        options="Who writes",
        number="Your number",
        number_hint="Empty: a test number.",
        name="Your name",
        chat="The conversation",
        message="Message",
        message_hint="Type a message",
        send="Send",
        attach="Send something else",
        photo="Sample photo",
        voice="Sample voice note",
        file="A file of yours",
        new="Close this WhatsApp",
        inside="Inside: requests and TwiML",
        inside_hint=(
            "Each request to the server appears here, with the time it took and the TwiML that answered it."
        ),
        script={
            "empty": "Type something and press Send; several messages in a row are fine.",
            "typing": "typing…",
            "online": "online",
            "offline": "not connected",
            "sent": "Sent",
            "delivered": "Delivered",
            "read": "Read",
            "refused": "Not accepted",
            "image": "Photo",
            "audio": "Voice note",
            "video": "Video",
            "document": "Document",
            "later": "No answer yet. It comes by itself.",
            "too_large": "The file is too large: 5 MB fit.",
            "form": "Sent",
            "answer": "Answered",
            "warning": "Warning",
            "lost_contact": "The server cannot be reached; still trying…",
            "left": (
                "You closed this WhatsApp. Write to open another; the assistant remembers the conversation."
            ),
            "idle": "Closed after 15 minutes without writing. Write to go on.",
            "page gone": "Closed when the page was. Write to go on.",
            "closed": "The server has stopped. Write to go on.",
            "lost": "The process that held it stopped. Write to go on.",
        },
    ),
}
