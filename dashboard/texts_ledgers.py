"""What the pages of calls, of WhatsApp messages and of handoffs say, per language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CallTexts:
    """The calls."""

    title: str
    live: str
    nobody_live: str
    past: str
    empty: str
    began: str
    who: str
    direction: str
    status: str
    duration: str
    waits: str
    heard: str
    said: str


CALLS = {
    "es": CallTexts(
        title="Llamadas",
        live="En curso",
        nobody_live="Ahora mismo no hay ninguna llamada.",
        past="Terminadas",
        empty="Todavía no ha terminado ninguna llamada.",
        began="Empezó",
        who="Quién",
        direction="Sentido",
        status="Estado",
        duration="Duración",
        waits="Espera",
        heard="Dijo",
        said="Se le contestó",
    ),
    "en": CallTexts(
        title="Calls",
        live="Going on",
        nobody_live="There is no call right now.",
        past="Over",
        empty="No call has ended yet.",
        began="Began",
        who="Who",
        direction="Direction",
        status="Status",
        duration="Duration",
        waits="Wait",
        heard="Said",
        said="Was answered",
    ),
}


@dataclass(frozen=True)
class MessageTexts:
    """The log of WhatsApp."""

    title: str
    all: str
    incoming: str
    outgoing: str
    lost: str
    which: str
    at: str
    who: str
    words: str
    status: str
    empty: str
    none_lost: str
    is_in: str
    is_out: str
    by: str


MESSAGES = {
    "es": MessageTexts(
        title="WhatsApp",
        all="Todos",
        incoming="Recibidos",
        outgoing="Enviados",
        lost="Sin entregar",
        which="Cuáles",
        at="Cuándo",
        who="Con quién",
        words="Mensaje",
        status="Estado",
        empty="Todavía no hay mensajes. Pruebe con flask --app app whatsapp simulate, o escriba a su número.",
        none_lost="Todo lo enviado ha llegado, o está en camino.",
        is_in="De",
        is_out="Para",
        by="lo escribió",
    ),
    "en": MessageTexts(
        title="WhatsApp",
        all="All",
        incoming="Received",
        outgoing="Sent",
        lost="Not delivered",
        which="Which",
        at="When",
        who="With whom",
        words="Message",
        status="Status",
        empty="There are no messages yet. Try flask --app app whatsapp simulate, or write to your number.",
        none_lost="All that was sent has arrived, or is on its way.",
        is_in="From",
        is_out="To",
        by="written by",
    ),
}


@dataclass(frozen=True)
class HandoffTexts:
    """The handoffs."""

    title: str
    all: str
    waiting: str
    which: str
    at: str
    who: str
    reason: str
    asked_by: str
    owner: str
    waited: str
    still_waits: str
    told: str
    message: str
    empty: str
    none_waiting: str


HANDOFFS = {
    "es": HandoffTexts(
        title="Traspasos",
        all="Todos",
        waiting="Esperan a una persona",
        which="Cuáles",
        at="Cuándo",
        who="Quién",
        reason="Motivo",
        asked_by="Lo pidió",
        owner="Quién la tiene",
        waited="Esperó",
        still_waits="espera todavía",
        told="se avisó a",
        message="Recado",
        empty="Ninguna conversación ha pasado a una persona todavía. Cuando alguien lo pida, aquí se verá quién "
        "la tomó y cuánto esperó.",
        none_waiting="Nadie espera a una persona.",
    ),
    "en": HandoffTexts(
        title="Handoffs",
        all="All",
        waiting="Waiting for a person",
        which="Which",
        at="When",
        who="Who",
        reason="Reason",
        asked_by="Asked for by",
        owner="Who has it",
        waited="Waited",
        still_waits="still waits",
        told="was told to",
        message="Message",
        empty="No conversation has gone to a person yet. When somebody asks for one, this shows who took it and how "
        "long it waited.",
        none_waiting="Nobody is waiting for a person.",
    ),
}
