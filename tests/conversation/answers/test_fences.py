"""Fences of Markdown around an answer, however its tokens are cut."""

import pytest

from conversation.answers.fences import FenceFilter, without_fences

CASES = [
    ("```markdown\n**Abrimos** a las nueve.\n```", "**Abrimos** a las nueve.\n"),
    ("```md\n- Uno\n- Dos\n```\n", "- Uno\n- Dos\n"),
    ("```\nAbrimos a las nueve.\n```", "Abrimos a las nueve.\n"),
    ("~~~~markdown\nHola.\n~~~~", "Hola.\n"),
    ("Claro:\n\n```markdown\n*Precios*\n```\n¿Algo más?", "Claro:\n\n*Precios*\n¿Algo más?"),
    ("```markdown\nAsí:\n```python\nprint(1)\n```\nListo.\n```", "Así:\n```python\nprint(1)\n```\nListo.\n"),
    ("Escriba:\n```\npago 12\n```", "Escriba:\n```\npago 12\n```"),
    ("```python\nprint(1)\n```", "```python\nprint(1)\n```"),
    ("```markdown\nHola.", "Hola."),
    ("Cuesta `12` euros.\n``` no es nada", "Cuesta `12` euros.\n``` no es nada"),
    ("", ""),
    ("\n\n```markdown\n\nHola.\n```", "\n\n\nHola.\n"),
]


@pytest.mark.parametrize(("written", "left"), CASES)
def test_a_fence_of_markdown_is_taken_away_and_one_of_code_stays(written, left):
    assert without_fences(written) == left
    for size in (1, 2, 3, 7):
        fences = FenceFilter()
        pieces = [written[start : start + size] for start in range(0, len(written), size)]
        assert "".join(map(fences.feed, pieces)) + fences.finish() == left


def test_words_are_not_held_back():
    fences = FenceFilter()

    assert [fences.feed(token) for token in ("Abri", "mos.", "\n", "Has", "ta luego")] == [
        "Abri", "mos.", "\n", "Has", "ta luego",
    ]  # fmt: skip
