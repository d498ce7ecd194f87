"""The notice to a seller, to the letter of its document."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from people.handoff.notices import MOST, notice, notices_for
from storage.queries.offers import HandoffFacts

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
FACTS = HandoffFacts(
    id=1, conversation_id=7, contact_id=1, channel="whatsapp", number="+5215512345678", name="Juan Pérez",
    simulated=False, reason="Quiere un presupuesto", summary="", context="Tiene prisa.\nLlama desde el coche.",
    state="open", owner="", request_key="conversation:conv_abc123", created_at=AT, source="api", message="",
    owned_at=None, updated_at=AT,
)  # fmt: skip
DOCUMENT = """\
*Nuevo cliente solicita atención humana*

*Cliente:* Juan Pérez
*Teléfono:* +5215512345678
*Motivo:* Quiere un presupuesto
*Conversación:* conv_abc123

*Contexto:*
Tiene prisa.
Llama desde el coche."""
OURS = "https://wa.me/5215512345678\nResponda OK para atenderlo, o NO para que se avise a otra persona."
ENGLISH = """\
*A new customer asks for a person*

*Customer:* Juan Pérez
*Phone:* +5215512345678
*Reason:* Quiere un presupuesto
*Conversation:* conv_abc123

*Context:*
Tiene prisa.
Llama desde el coche.

https://wa.me/5215512345678
Answer OK to take it, or NO to have somebody else told."""
LINES = {
    "name": "*Cliente:*",
    "number": "*Teléfono:*",
    "reason": "*Motivo:*",
    "request_key": "*Conversación:*",
}


def test_it_is_the_document_to_the_letter_and_ours_follows_after_a_blank_line():
    assert notice(notices_for("es-ES"), FACTS) == f"{DOCUMENT}\n\n{OURS}"
    assert notice(notices_for("en-US"), FACTS) == ENGLISH


@pytest.mark.parametrize("left_out", list(product([True, False], repeat=5)))
def test_a_line_without_a_value_is_left_out_and_the_others_stay_as_they_are(left_out):
    nameless = dict(zip([*LINES, "context"], left_out, strict=True))
    facts = replace(FACTS, **{field: "" for field, is_out in nameless.items() if is_out})

    expected = [
        line for line in DOCUMENT.split("\n\n")[1].splitlines()
        if not any(line.startswith(label) and nameless[field] for field, label in LINES.items())
    ]  # fmt: skip
    title, _, context = DOCUMENT.partition("\n\n")[0], None, DOCUMENT.split("\n\n")[2]
    ours = OURS if not nameless["number"] else OURS.splitlines()[1]
    blocks = [title, "\n".join(expected), "" if nameless["context"] else context, ours]
    assert notice(notices_for("es"), facts) == "\n\n".join(block for block in blocks if block)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("length", [1000, 1600, 4096, 10_000])
def test_what_is_too_long_is_cut_with_a_mark_and_nothing_else_is_missing(language, length):
    words = notices_for(language)
    facts = replace(
        FACTS, context="x" * length, name="n" * 80, reason="r" * 500, request_key=f"conversation:{'c' * 120}"
    )

    said = notice(words, facts, "https://assistant.example.com/dashboard/conversations/7")

    assert len(said) <= MOST
    assert said.endswith(words.how_to_take) and "conversations/7" in said and "c" * 120 in said
    assert ("x…" in said) == (length > 600)


def test_a_withheld_number_is_no_line_and_no_link():
    said = notice(notices_for("es"), replace(FACTS, number="withheld:CA1"))

    assert "Teléfono" not in said and "wa.me" not in said
