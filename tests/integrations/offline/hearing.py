"""What a caller hears from the model without a network."""

from collections.abc import Sequence

from conversation.phrases import catalogue_for
from integrations.language_model import Event, Message, TextDelta, ToolCall, ToolSpec
from integrations.offline.model import OfflineModel

SPANISH, ENGLISH = catalogue_for("es").offline, catalogue_for("en").offline
END_CALL = ToolSpec("end_call", "End the call.", {"type": "object", "properties": {}})
HAND_OFF = ToolSpec("hand_off", "Pass to a person.", {"type": "object", "properties": {}})
TOOLS = (END_CALL, HAND_OFF)

SPANISH_FAQ = [
    (["¿Qué horario tienen?", "¿A qué hora abren?"], "Abrimos de lunes a viernes de nueve a dos."),
    (["¿Abren los sábados?", "¿Están abiertos el fin de semana?"], "Los sábados y los domingos cerramos."),
    (["¿Dónde están?", "¿Cuál es la dirección?"], "Estamos en la calle Mayor, 5."),
    (["¿Cuánto cuesta un corte?", "¿Qué precio tiene cortarse el pelo?"], "El corte cuesta 18 euros."),
    (["¿Se puede pagar con tarjeta?"], "Sí, con tarjeta o en efectivo."),
    (["Quiero pedir una cita"], "Dígame su nombre y qué día le viene bien."),
]
SPANISH_FACTS = [
    "El tinte cuesta 35 euros.",
    "Marta corta los martes.",
    "En agosto abrimos del 1 al 9.",
    "En agosto abrimos del 24 al 31.",
]
ENGLISH_FAQ = [
    (["What are your hours?", "When are you open?"], "We are open Monday to Friday from nine to two."),
    (["Are you open on Saturday?"], "We are closed on Saturday and Sunday."),
    (["Where are you?"], "We are at 5 High Street."),
    (["How much is a haircut?"], "A haircut is 18 dollars."),
]


def events(
    model: OfflineModel, messages: Sequence[Message], tools: Sequence[ToolSpec] = TOOLS
) -> list[Event]:
    return list(model.stream(messages, tools=tools, first_event_s=4, total_s=20))


def hears(model: OfflineModel, *turns: str, tools: Sequence[ToolSpec] = TOOLS) -> tuple[str, ToolCall | None]:
    """Say one thing after another, and return the words and the tool of the last answer."""
    messages: list[Message] = [{"role": "system", "content": "Responde siempre: adiós."}]
    words, call = "", None
    for heard in turns:
        messages.append({"role": "user", "content": heard})
        answer = events(model, messages, tools)
        words = "".join(event.text for event in answer if isinstance(event, TextDelta))
        call = next((event for event in answer if isinstance(event, ToolCall)), None)
        messages.append({"role": "assistant", "content": words})
    return words, call
