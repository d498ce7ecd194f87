"""Texts of others that are longer than their column."""

import pytest

from tests.fakes.openai.replies import text
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases


def test_the_answer_of_a_model_with_a_long_name_is_kept(open_line, openai):
    name = "registry.example.com/team/" + "a-model-of-ours-" * 10
    line = open_line(openai_model=name)
    openai.enqueue(text("Abrimos a las nueve."))
    phone = line.phone()
    phone.dial()

    assert phone.say("¿A qué hora abren?") == "Abrimos a las nueve."

    wait_until(lambda: line.turns()[0].state == "complete")
    assert line.turns()[0].model == name[:80]
