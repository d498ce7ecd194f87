"""What operators read in Chatwoot that nobody said, in Spanish and in English."""

from dataclasses import dataclass

from integrations.dialog360 import error_codes as meta_codes
from integrations.twilio.error_codes import what_to_do as what_to_do_at_twilio
from storage.models import MessageStatus

ASSISTANT_MARK = "🤖 "
"""Before the assistant's words, where Chatwoot can only be told them as the customer's."""
NOTE_MARK = "📝 "
"""Before a note, where Chatwoot can only be told it as the customer's words."""
VOICE_MARK = "🎙 "
"""Before what is said in a voice note."""

_OUTSIDE_WINDOW = frozenset({63016, meta_codes.OUTSIDE_WINDOW})
_OPTED_OUT = frozenset({21610})


@dataclass(frozen=True, slots=True)
class DeskWords:
    """The words of a language ("es" or "en"). {until}: a time of day; {name}: the operator's."""

    language: str
    withheld: str
    file_missing: str
    call_over: str
    call_lasted: str
    call_unanswered: str
    not_delivered: str
    outside_window: str
    opted_out: str
    held: str
    held_words: str
    no_number: str
    no_whatsapp: str
    bot_on: str
    bot_off: str
    is_bot: str
    is_human: str
    is_somebody: str

    def why_not_delivered(self, code: int | None) -> str:
        """Return why a message of an operator's did not arrive. code: the provider's."""
        if code in _OUTSIDE_WINDOW:
            return self.outside_window
        if code in _OPTED_OUT:
            return self.opted_out
        advice = what_to_do_at_twilio(code, self.language) or meta_codes.what_to_do(code, self.language)
        named = "" if code is None else f" ({code})"
        return f"{self.not_delivered}{named}. {advice or ''}".strip()

    def why_lost(self, status: MessageStatus, code: int | None) -> str:
        """Return why a message did not arrive, whatever became of it."""
        return self.held if status is MessageStatus.HELD else self.why_not_delivered(code)

    def lasted(self, seconds: int) -> str:
        """Return how long a call was."""
        return self.call_lasted.format(time=f"{seconds // 60}:{seconds % 60:02d}")


_SPANISH = DeskWords(
    language="es",
    withheld="Número oculto",
    file_missing="[un archivo que no se pudo copiar aquí: {type}]",
    call_over="📞 La llamada terminó.",
    call_lasted="Duró {time} min.",
    call_unanswered="No llegó a contestarse.",
    not_delivered="⚠️ El mensaje no se entregó",
    outside_window="⚠️ El mensaje no se entregó: pasaron más de 24 horas desde el último mensaje de esta persona, y "
    "WhatsApp ya no admite texto libre. Envíele una plantilla aprobada, llámela, o espere a que escriba.",
    opted_out="⚠️ El mensaje no se entregó: esta persona pidió no recibir más mensajes. Podrá escribirle cuando ella "
    "escriba de nuevo.",
    held="⚠️ No se envió: una persona tomó antes la conversación.",
    held_words="⚠️ El asistente ya no envió esto, porque antes tomó la conversación una persona: «{words}»",
    no_number="⚠️ El mensaje no se envió: de esta persona no se conoce el número.",
    no_whatsapp="⚠️ El mensaje no se envió: WhatsApp no está configurado en el asistente.",
    bot_on="El asistente vuelve a contestar.",
    bot_off="El asistente calla hasta el {until}. Con /bot on, o al resolver la conversación, vuelve a contestar.",
    is_bot="Contesta el asistente. Con /bot off calla; también al escribir usted.",
    is_human="Contesta {name}: el asistente calla hasta el {until}.",
    is_somebody="Contesta una persona: el asistente calla hasta el {until}.",
)
_ENGLISH = DeskWords(
    language="en",
    withheld="Number withheld",
    file_missing="[a file that could not be copied here: {type}]",
    call_over="📞 The call is over.",
    call_lasted="It lasted {time} min.",
    call_unanswered="It was never answered.",
    not_delivered="⚠️ The message was not delivered",
    outside_window="⚠️ The message was not delivered: more than 24 hours have passed since this person's last message, "
    "and WhatsApp takes no free text any more. Send an approved template, call them, or wait until they write.",
    opted_out="⚠️ The message was not delivered: this person asked for no more messages. You can write once they write "
    "again.",
    held="⚠️ Not sent: a person had taken the conversation over.",
    held_words="⚠️ The assistant did not send this after all, for a person had taken the conversation over: «{words}»",
    no_number="⚠️ The message was not sent: this person's number is not known.",
    no_whatsapp="⚠️ The message was not sent: WhatsApp is not set up in the assistant.",
    bot_on="The assistant answers again.",
    bot_off="The assistant is silent until {until}. With /bot on, or once the conversation is resolved, it answers "
    "again.",
    is_bot="The assistant answers. /bot off silences it; so does writing here.",
    is_human="{name} answers: the assistant is silent until {until}.",
    is_somebody="A person answers: the assistant is silent until {until}.",
)


def desk_words(language: str) -> DeskWords:
    """Return the words for a profile's language, "es-ES" or "en"; Spanish for others."""
    return _ENGLISH if language.startswith("en") else _SPANISH
