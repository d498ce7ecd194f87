"""Questions to the model, and what comes of them."""

from collections.abc import Sequence

import pytest

from integrations.errors import IntegrationError
from integrations.language_model import Event, TextDelta, ToolSpec
from integrations.openai.model import OpenAIModel

HELLO = [
    {"role": "system", "content": "Responde en español."},
    {"role": "user", "content": "¿Qué horario tienen?"},
]
HAND_OFF = ToolSpec(
    "hand_off", "Pass to a person.", {"type": "object", "properties": {"reason": {"type": "string"}}}
)


def ask(
    model: OpenAIModel, *, tools: Sequence[ToolSpec] = (), first_event_s: float = 4.0, total_s: float = 20.0
) -> list[Event]:
    return list(model.stream(HELLO, tools=tools, first_event_s=first_event_s, total_s=total_s))


def said(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def fails(model: OpenAIModel, **limits: float) -> IntegrationError:
    with pytest.raises(IntegrationError) as raised:
        ask(model, **limits)
    return raised.value
