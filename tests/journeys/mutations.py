"""What becomes of a request on its way: fields lost, doubled, emptied, of another type, or no text at all."""

from hypothesis import strategies as st

VALUES = st.one_of(
    st.text(max_size=20),
    st.binary(max_size=8).map(lambda sent: sent.decode("utf-8", "surrogateescape")),
    st.sampled_from(["", " ", "null", "[]", "{}", "-1", "0", "1e999", "9" * 500, "NaN", "\x00", "٣", "[" * 3000]),
)  # fmt: skip
JSON = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.just(10**400), st.text(max_size=20),
    st.just([]), st.just({}), st.just([None]), st.just([[[[]]]]), st.just({"a": {"b": {"c": []}}}),
    st.just(["x"] * 50),
)  # fmt: skip


@st.composite
def forms(draw, fields):
    """A form, as pairs, with some of its fields lost, doubled or with another value."""
    pairs = list(fields.items())
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(fields)))
        match draw(st.sampled_from(["drop", "double", "replace", "add"])):
            case "drop":
                pairs = [pair for pair in pairs if pair[0] != name]
            case "double":
                pairs.append((name, draw(VALUES)))
            case "replace":
                value = draw(VALUES)
                pairs = [(other, value if other == name else old) for other, old in pairs]
            case "add":
                pairs.append((draw(st.text(max_size=8)), draw(VALUES)))
    return pairs


@st.composite
def bodies(draw, body):
    """A JSON body with some of its parts lost, doubled, empty or of another type."""
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(_paths(body)))
        body = _changed(body, path, draw(st.sampled_from(["drop", "double", "replace"])), draw(JSON))
    return body


def _paths(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in inner for found in _paths(part, (*path, key)))]


def _changed(value, path, how, other):
    if not path:
        return [value, value] if how == "double" else other
    copied, key = value.copy(), path[0]
    if len(path) > 1 or how == "replace":
        copied[key] = _changed(value[key], path[1:], how, other)
    elif how == "drop":
        del copied[key]
    elif isinstance(copied, list):
        copied.append(copied[key])
    else:
        copied[key] = [copied[key], copied[key]]
    return copied
