"""Reading a stream: any cut of the bytes says the same, and what is no stream is refused."""

import contextlib
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.language_model import Event, Finish, TextDelta, ToolCall, Usage
from integrations.openai.reading.answer import ErrorInStreamError
from integrations.openai.reading.chunks import ChunkReader
from integrations.openai.reading.server_sent_events import UnreadableStreamError, payloads
from tests.examples import examples

STREAM = (
    ': hola\r\n\r\nevent: message\nid: 7\nretry: 100\ndata: {"a": 1}\n\n'
    'data:{"b": "ñandú 😊"}\r\n\r\ndata: [DONE]\n\n'
).encode()


def chunk(delta: Any, finish: str | None = None, **fields: Any) -> bytes:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **fields}).encode()


def read(*chunks: bytes) -> list[Event]:
    reader = ChunkReader()
    return [*(event for one in chunks for event in reader.read([one])), *reader.end()]


def call(name: str | None, arguments: Any, **fields: Any) -> bytes:
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return chunk({"tool_calls": [{"function": function, **fields}]})


@examples(100)
@given(st.lists(st.integers(0, len(STREAM))))
def test_however_the_bytes_are_cut_the_lines_are_the_same(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in itertools.pairwise(edges)]

    assert list(itertools.chain.from_iterable(payloads(pieces))) == [
        b'{"a": 1}',
        '{"b": "ñandú 😊"}'.encode(),
        b"[DONE]",
    ]


def test_a_last_line_without_its_end_is_read() -> None:
    assert list(payloads([b"data: 1\n\ndata: 2"])) == [[b"1"], [b"2"]]


@pytest.mark.parametrize(
    "page", [b"<html>\n</html>\n", b"Internal Server Error", b'{"detail": "no"}\n', b"[]"]
)
def test_what_is_neither_events_nor_an_answer_is_refused_with_what_it_says(page: bytes) -> None:
    with pytest.raises(UnreadableStreamError) as raised:
        list(payloads([page]))

    assert raised.value.said.strip() == page.decode().strip()


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(UnreadableStreamError):
        list(payloads(b"data: " + b"x" * 60_000 for _ in range(1_000)))


def test_llama_cpp_says_errors_in_its_own_way() -> None:
    ((payload,),) = payloads([b'error: {"code": 500, "message": "context shift is disabled"}\n\n'])

    with pytest.raises(ErrorInStreamError) as raised:
        read(payload)

    assert raised.value.code == 500


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "m", "code": "c"}},
        {"error": "m"},
        {"object": "error", "message": "m", "code": 400},
    ],
)
def test_an_error_object_is_an_error(error: dict[str, Any]) -> None:
    with pytest.raises(ErrorInStreamError):
        read(json.dumps(error).encode())


NO_CHUNKS = [
    *(b"", b"{", b"1", b"null", b"[]", b'"x"', b"\xff\xfe\xff", b"[" * 100_000),
    *(b'{"choices": 1}', b'{"choices": [1]}', b'{"choices": {"a": 1}}'),
    *(chunk("x"), chunk({"content": 5}), chunk({"content": [5]}), chunk({"content": [{"text": 5}]})),
    *(chunk({"tool_calls": 3}), chunk({"tool_calls": ["x"]})),
]


@pytest.mark.parametrize("payload", NO_CHUNKS, ids=range(len(NO_CHUNKS)))
def test_what_is_no_chunk_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableStreamError):
        read(payload)


KEYS = st.sampled_from(
    ["choices", "delta", "content", "tool_calls", "function", "index", "id", "usage", "error"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANY_JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)


@examples(100)
@given(ANY_JSON)
def test_whatever_json_comes_nothing_else_is_raised(value: Any) -> None:
    with contextlib.suppress(UnreadableStreamError, ErrorInStreamError):
        read(json.dumps(value).encode())


@pytest.mark.parametrize("quiet", [b"{}", b'{"choices": null}', b'{"choices": []}', chunk({}), chunk(None)])
def test_chunks_with_nothing_in_them_say_nothing(quiet: bytes) -> None:
    assert read(quiet) == []


def test_half_a_character_does_not_come_through() -> None:
    assert read(chunk({"content": "a\ud83d"})) == [TextDelta("a?")]


def test_usage_is_the_last_that_was_told() -> None:
    reader = ChunkReader()
    counts = [{"prompt_tokens": 9, "completion_tokens": tokens} for tokens in (1, 2, 3)]
    for usage in [
        *counts,
        None,
        5,
        "x",
        {"prompt_tokens": "x"},
        {"prompt_tokens": float("inf")},
        {"prompt_tokens": -1},
    ]:
        list(reader.read([chunk({"content": "a"}, usage=usage)]))

    assert reader.usage == Usage(9, 3)


@pytest.mark.parametrize(
    "more",
    [
        {"prompt_tokens_details": {"cached_tokens": 7}},
        {"input_tokens_details": {"cached_tokens": 7}},
        {"prompt_cache_hit_tokens": 7},
        {"prompt_tokens_details": None, "cached_tokens": 7},
    ],
)
def test_what_a_server_had_read_before_is_counted(more) -> None:
    reader = ChunkReader()
    list(reader.read([chunk({"content": "a"}, usage={"prompt_tokens": 9, "completion_tokens": 1, **more})]))

    assert reader.usage == Usage(9, 1, cached_tokens=7)


def test_the_answer_ends_once_and_with_its_last_word() -> None:
    ends = [chunk({"content": "x"}, "stop"), chunk({"content": "y"}, "stop"), b"[DONE]"]

    assert read(*ends) == [TextDelta("x"), TextDelta("y"), Finish("stop")]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        *(
            ("stop", "stop"),
            ("eos_token", "stop"),
            ("STOP", "stop"),
            ("max_tokens", "length"),
            ("model_length", "length"),
        ),
        *(("function_call", "tool_calls"), ("SAFETY", "content_filter"), ("another", "another")),
    ],
)
def test_reasons_have_the_names_of_chat_completions(given: str, reason: str) -> None:
    assert read(chunk({"content": "x"}), chunk({}, given)) == [TextDelta("x"), Finish(reason)]


def test_whole_calls_that_share_an_index_are_told_apart_by_id() -> None:
    events = read(call("a", "{}", index=0, id="x"), call("b", "{}", index=0, id="y"), chunk({}, "stop"))

    assert events == [ToolCall("x", "a", {}), ToolCall("y", "b", {}), Finish("stop")]


def test_a_call_without_index_and_id_is_given_one() -> None:
    assert read(call("a", '{"x":'), call(None, " 1}"), chunk({}, "stop"))[0] == ToolCall(
        "call_1", "a", {"x": 1}
    )


def test_arguments_that_come_as_an_object_are_taken() -> None:
    assert read(call("a", {"x": 1}, index=0, id="x"), chunk({}, "stop"))[0] == ToolCall("x", "a", {"x": 1})


def test_a_call_that_was_cut_off_is_not_told() -> None:
    assert read(call("a", '{"x": 1', index=0, id="x")) == []


def test_words_that_come_together_are_one_event() -> None:
    spoken = [chunk({"content": "Un "}), chunk({"content": "momento."})]
    asked = call("consultar", "{}", index=0, id="a")
    reader = ChunkReader()

    events = [*reader.read([*spoken, asked, chunk({}, "tool_calls")]), *reader.end()]

    assert events == [TextDelta("Un momento."), ToolCall("a", "consultar", {}), Finish("tool_calls")]


def test_what_came_before_something_unreadable_is_said_first() -> None:
    events = ChunkReader().read([chunk({"content": "Un "}), chunk({"content": "momento"}), b"<html>"])

    assert next(events) == TextDelta("Un momento")
    with pytest.raises(UnreadableStreamError):
        next(events)


def test_lines_before_one_that_is_no_event_are_read() -> None:
    lines = payloads([b"data: 1\n\n", b"data: 2\n\n<html>\n"])

    assert [next(lines), next(lines)] == [[b"1"], [b"2"]]
    with pytest.raises(UnreadableStreamError):
        next(lines)


@pytest.mark.parametrize(
    "sign",
    [
        *({"content": "a"}, {"content": "<think>"}, {"reasoning": "a"}, {"reasoning_content": "a"}),
        *(
            {"content": [{"type": "thinking", "thinking": []}]},
            {"tool_calls": [{"index": 0, "function": {"name": "a"}}]},
        ),
    ],
)
def test_a_thought_is_a_sign_of_life(sign: dict[str, Any]) -> None:
    reader = ChunkReader()
    list(reader.read([chunk({"role": "assistant", "content": ""}, usage={"prompt_tokens": 1})]))
    assert not reader.begun

    list(reader.read([chunk(sign)]))

    assert reader.begun


def test_an_end_of_its_own_is_the_end_and_one_with_each_word_is_not() -> None:
    reader = ChunkReader()
    states = []
    for one in (
        chunk({}, "stop"),
        chunk({"content": "a"}, "stop"),
        chunk({"content": "b"}),
        chunk({}, "stop"),
    ):
        list(reader.read([one]))
        states.append((reader.is_over, reader.is_ending))

    assert states == [(True, False), (False, False), (False, False), (False, False)]
    plain = ChunkReader()
    list(plain.read([chunk({"content": "a"}), chunk({}, "stop")]))
    assert plain.is_ending
