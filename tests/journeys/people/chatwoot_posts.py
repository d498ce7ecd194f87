"""What is written for people to watch in Chatwoot, and how it was posted."""

from tests.fakes.openai.replies import text
from tests.journeys.people.chatwoot_setup import (
    ANA,
    person_of,
)


def write_many(line, twilio, openai, count, number=ANA):
    """Let a person write several messages, each answered."""
    openai.enqueue(*[text(f"Respuesta {n}.") for n in range(count)])
    person = person_of(line, twilio, number)
    for n in range(count):
        person.send(f"Mensaje {n}")
