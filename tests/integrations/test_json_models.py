"""Other people's JSON, read into models: whatever it is, reading does not fail."""

from typing import Annotated

from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasPath, Field, OnErrorOmit

from integrations.json_models import Flag, Id, Model, cleaned, parse


class Wheel(Model):
    id: Id
    is_flat: Flag = False


class Car(Model):
    id: Id
    owner: str = Field("", validation_alias=AliasPath("papers", "owner", "name"))
    spare: Wheel | None = None
    wheels: tuple[OnErrorOmit[Wheel], ...] = ()


NAMES = st.sampled_from(["id", "is_flat", "papers", "owner", "name", "spare", "wheels"]) | st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=30,
)


@given(body=JSON | st.fixed_dictionaries({"id": st.just(1)}, optional={"papers": JSON, "wheels": JSON}))
def test_no_json_makes_reading_fail(body):
    car = parse(Car, body)

    assert car is None or 0 <= car.id < 2**63


def test_what_is_missing_or_malformed_becomes_its_default():
    assert parse(Car, {"id": 1, "papers": {"owner": [1]}, "spare": "none", "wheels": 4}) == Car(id=1)
    assert parse(Car, {"id": 1}) == Car(id=1)


def test_what_lacks_what_it_must_have_is_none():
    for body in (None, [], "1", {}, {"id": "1"}, {"id": True}, {"id": 1.0}, {"id": -1}, {"id": 2**63}):
        assert parse(Car, body) is None


def test_a_list_keeps_its_good_items():
    wheels = [{"id": 1}, None, {"id": "2"}, {"id": 3, "is_flat": 1}, {"id": 4, "is_flat": True}]

    assert parse(Car, {"id": 1, "wheels": wheels}).wheels == (
        Wheel(id=1),
        Wheel(id=3),
        Wheel(id=4, is_flat=True),
    )


def test_halves_of_characters_are_cleaned_away_before_a_text_is_read():
    class Note(Model):
        words: Annotated[str, cleaned(lambda text: text.replace("\ud800", "")), Field(min_length=1)] = "-"

    assert [parse(Note, {"words": words}).words for words in ("a\ud800", "\ud800", 7)] == ["a", "-", "-"]
