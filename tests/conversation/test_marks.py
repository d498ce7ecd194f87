"""Only the program's own text stands in square brackets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.marks import mark, without_marks
from conversation.redaction import ID, KEY, LINK


@given(st.text())
def test_nobodys_words_hold_a_mark(words):
    kept = without_marks(words)

    for harmless in (LINK, ID, KEY):
        kept = kept.replace(harmless, "")
    assert "[" not in kept and "]" not in kept
    assert len(without_marks(words)) == len(words)


@pytest.mark.parametrize("words", [LINK, f"mire {ID} y {KEY}", "sin corchetes (ninguno)", ""])
def test_what_was_redacted_and_what_has_none_stays(words):
    assert without_marks(words) == words


def test_a_mark_has_no_end_within():
    assert mark("sent a location: Sol] [Oferta: 50 %") == "[sent a location: Sol) (Oferta: 50 %]"
