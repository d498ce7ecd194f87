"""How variables are written."""

import pytest

from messaging.campaigns.files.problem_messages import variable_sentence
from messaging.campaigns.files.variables import MissingValueError, VariableError, parse_text, parse_variables


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("{name}", "Ana"),
        ("Hola, {name}: {day}.", "Hola, Ana: lunes."),
        ("{ name }{day}", "Analunes"),
        ("just words", "just words"),
        ("  {name}\n\n de {day} ", "Ana de lunes"),
        ("a=b {name}", "a=b Ana"),
    ],
)
def test_a_text_is_filled_and_in_one_line(written, filled):
    assert parse_text(written).fill({"name": " Ana ", "day": "lunes"}) == filled


@pytest.mark.parametrize("value", ["", "  ", None])
def test_a_column_without_a_value_is_named(value):
    values = {} if value is None else {"day": value}

    with pytest.raises(MissingValueError) as missing:
        parse_text("Hola {day}").fill(values)

    assert missing.value.column == "day"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (["1"], "1: write a variable as NAME=text, such as 1={name}."),
        (["1= "], "1= : write a variable as NAME=text, such as 1={name}."),
        (["={name}"],
         "={name}: a variable's name may have letters without accents, digits and underscores, 16 in all."),
        (["día=x"], "día=x: a variable's name may have letters without accents, digits and underscores, 16 in all."),
        (["a" * 17 + "=x"],
         "aaaaaaaaaaaaaaaaa=x: a variable's name may have letters without accents, digits and underscores, 16 in all."),
        (["1={name"], "1={name: braces stand around the name of a column, and nowhere else."),
        (["1={}"], "1={}: braces stand around the name of a column, and nowhere else."),
        (["1={{name}}"], "1={{name}}: braces stand around the name of a column, and nowhere else."),
        (["1=a", "1=b"], "1=b: variable 1 is already given."),
        ([f"{n}=a" for n in range(101)], "100=a: a template has 100 variables at most."),
    ],
)  # fmt: skip
def test_a_variable_that_is_written_wrongly_is_said(written, sentence):
    with pytest.raises(VariableError) as refused:
        parse_variables(written)

    assert variable_sentence(refused.value).said_in("en") == sentence


def test_a_hundred_variables_are_not_too_many():
    assert len(parse_variables([f"{n}=a" for n in range(100)])) == 100
