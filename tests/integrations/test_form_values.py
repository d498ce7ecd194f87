"""Answers of forms in one line, whatever their shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.form_values import MOST_LENGTH, MOST_VALUES, form_values


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{"nombre":"Ana","flow_token":"x"}', "nombre: Ana"),
        ('{"type":"flow","pages":[{"items":[{"label":"Día","value":"lunes"}]}]}', "label: Día, value: lunes"),
        ('{"acepta":true,"edad":30,"nada":null}', "acepta: yes, edad: 30"),
        ("dos\nlíneas", "dos líneas"),
        ("", ""),
        (None, ""),
        ("{}", ""),
        ("[" * 100_000, "[" * MOST_LENGTH),
        ("[" * 50 + "1" + "]" * 50, ""),
    ],
)
def test_what_was_filled_in_is_read(written, read):
    assert form_values(written) == read


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_whatever_it_is_it_is_one_line_of_bounded_length(written):
    read = form_values(written)

    assert "\n" not in read
    assert len(read) <= MOST_VALUES * (2 * MOST_LENGTH + 4)
