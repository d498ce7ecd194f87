"""What of an answer's text is said: its words, at once; and no thought, marker or call."""

import itertools
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from integrations.openai.reading.spoken_text import SpokenText
from tests.examples import examples

TOOLS = frozenset({"hand_off", "end_call"})
REASON = {"reason": "pide una persona"}
CALL = '{"name": "hand_off", "arguments": {"reason": "pide una persona"}}'
HAND_OFF: tuple[str, Any] = ("hand_off", REASON)
END_CALL: tuple[str, Any] = ("end_call", {})

WRITTEN = [
    # words, whatever letters are in them
    ("Son 3 < 4, [así](https://x.es) {y} `esto` <no> ◁", "Son 3 < 4, [así](https://x.es) {y} `esto` <no> ◁", []),
    ('El JSON es {"precio": 30, "name": "no"}.', 'El JSON es {"precio": 30, "name": "no"}.', []),
    ('{"name": "Ana"}', '{"name": "Ana"}', []),
    ("```\nhola\n```", "```\nhola\n```", []),
    ("analysis of it", "analysis of it", []),
    ("Menor: <", "Menor: <", []),
    # thoughts
    ("<think>Hm <b>\n</think>\n\nSí, abrimos.", "Sí, abrimos.", []),
    ("Sí.<think>Hm</think>Abrimos.", "Sí. Abrimos.", []),
    ("<think>sin final", "", []),
    ("<thinking>Hm</thinking><answer>Sí.</answer>", "Sí.", []),
    ("◁think▷Hm◁/think▷Sí.", "Sí.", []),
    ("<|START_THINKING|>Hm<|END_THINKING|><|START_RESPONSE|>Sí.<|END_RESPONSE|>", "Sí.", []),
    ("<|channel>thought\nHm<channel|>Sí.", "Sí.", []),
    # channels
    ("<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>Sí.<|return|>", "Sí.", []),
    ("<|channel|>analysis Hm final<|message|>Sí.", "Sí.", []),
    ("analysisThe user asks.assistantfinalSí.", "Sí.", []),
    ("<|channel|>commentary<|message|>Un momento.<|end|>", "Un momento.", []),
    (
        '<|start|>assistant to=functions.hand_off<|channel|>commentary json<|message|>{"reason": "x"}<|call|>',
        "",
        [("hand_off", {"reason": "x"})],
    ),
    ("<|im_start|>assistant\nSí.<|im_end|>", "Sí.", []),
    # calls
    (CALL, "", [HAND_OFF]),
    (f"[{CALL}, {CALL.replace('hand_off', 'end_call')}]", "", [HAND_OFF, ("end_call", REASON)]),
    (f"Un momento. {CALL} Gracias.", "Un momento. Gracias.", [HAND_OFF]),
    (f"```json\n{CALL}\n```\nGracias.", "Gracias.", [HAND_OFF]),
    (f"<tool_call>{CALL}</tool_call>", "", [HAND_OFF]),
    (f"<tool_call>\n{CALL}", "", [HAND_OFF]),
    (f"<tool_calls>[{CALL}]</tool_calls>", "", [HAND_OFF]),
    (CALL[:-1], "", [HAND_OFF]),
    ('{"hand_off": {"reason": "x"}}', "", [("hand_off", {"reason": "x"})]),
    ('{"name": "end_call"}', "", [END_CALL]),
    ('{"name": "hand_off", "arguments": "nada"}', "", [("hand_off", None)]),
    ("<function=end_call></function>", "", [END_CALL]),
    ("<tool_call>hand_off\n<arg_key>reason</arg_key>\n<arg_value>x</arg_value></tool_call>", "",
     [("hand_off", {"reason": "x"})]),
    (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.hand_off:0<|tool_call_argument_begin|>"
        '{"reason": "x"}<|tool_call_end|><|tool_calls_section_end|>',
        "",
        [("hand_off", {"reason": "x"})],
    ),
    ("[TOOL_CALLS]hand_off{\"reason\": \"x\"}[TOOL_CALLS]end_call{}", "", [("hand_off", {"reason": "x"}), END_CALL]),
    # calls of nothing that was offered
    ('{"name": "delete_all", "arguments": {"of": "end_call"}}', "", []),
    ('<tool_call>{"name": "delete_all", "arguments": {"of": "end_call"}}</tool_call>Sí.', "Sí.", []),
]  # fmt: skip


def feed(pieces: list[str], *, thinks_first: bool = False, whole: bool = True) -> tuple[str, list[Any]]:
    text = SpokenText(TOOLS, thinks_first=thinks_first)
    words = "".join(map(text.feed, pieces)) + text.finish(whole=whole)
    return words, text.calls


def begins_in_thought(text: str) -> bool:
    spoken = SpokenText(TOOLS)
    spoken.feed(text)
    return spoken.began_in_thought


@pytest.mark.parametrize(("written", "said", "calls"), WRITTEN, ids=range(len(WRITTEN)))
def test_words_are_said_and_nothing_else(written: str, said: str, calls: list[Any]) -> None:
    words, made = feed([written])

    assert (words.strip(), made) == (said, calls)


PIECES = st.sampled_from([written for written, _, _ in WRITTEN]) | st.sampled_from(
    [
        "<think>",
        "</thi",
        "{",
        '"name"',
        ":",
        "[",
        "```",
        "<|",
        "|>",
        "Sí.",
        " ",
        "\n",
        "analysis",
        "final",
        "<",
    ]
)


@examples(300)
@given(st.lists(PIECES, max_size=6).map("".join), st.lists(st.integers(0, 300), max_size=40), st.booleans())
def test_however_a_text_is_cut_it_comes_to_the_same(text: str, cuts: list[int], whole: bool) -> None:
    assume(not begins_in_thought(text))  # what was said before a thought's end cannot be taken back
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(edges)]

    assert feed(pieces, whole=whole) == feed([text], whole=whole)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["Abrimos", " a las", " nueve."], ["Abrimos", " a las", " nueve."]),
        (["3 <", " 4"], ["3 ", "< 4"]),
        (["[", "sí", "]"], ["", "[sí", "]"]),
        (["Son {", "x", "}"], ["Son ", "{x", "}"]),
        (["Un <t", "ri", "s"], ["Un ", "<tri", "s"]),
        (["Una ", "analysis"], ["Una ", "analysis"]),
    ],
)
def test_nothing_is_held_back_but_what_may_be_a_marker(pieces: list[str], said: list[str]) -> None:
    text = SpokenText(TOOLS)

    assert [text.feed(piece) for piece in pieces] == said


ORDINARY = st.text(st.characters(exclude_characters="<{[`◁", exclude_categories=["Cs"]), min_size=1)


@examples(100)
@given(st.lists(ORDINARY, min_size=1))
def test_ordinary_words_are_never_held_back(pieces: list[str]) -> None:
    text = SpokenText(TOOLS)
    text.feed("Sí. ")

    assert [text.feed(piece) for piece in pieces] == pieces


def test_an_answer_that_begins_in_a_thought_is_known_by_the_thoughts_end() -> None:
    text = SpokenText(TOOLS)

    assert text.feed("El cliente pregunta.") == "El cliente pregunta."
    assert text.feed("</think>Sí.") == " Sí."
    assert text.began_in_thought


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("El cliente {pregunta}.</think>\n\nSí.", "Sí."),
        ("<think>El cliente.</think>Sí.", "Sí."),
        ("Sí.", "Sí."),
        (f"El cliente.</think><tool_call>{CALL}</tool_call>", ""),
    ],
)
def test_where_answers_begin_in_a_thought_its_end_is_waited_for(written: str, said: str) -> None:
    for pieces in ([written], list(written)):
        assert feed(pieces, thinks_first=True)[0].strip() == said


def test_of_a_thought_that_was_cut_off_nothing_is_said() -> None:
    assert feed(["El cliente pregunta"], thinks_first=True, whole=False) == ("", [])


def test_a_call_that_was_cut_off_is_not_made() -> None:
    assert feed([CALL[:-1]], whole=False) == ("", [])
    assert feed(["<tool_call>", CALL[:-20]], whole=False) == ("", [])


def test_json_without_end_is_held_back_so_far_and_no_farther() -> None:
    words, calls = feed(['{"name": "', *["x" * 1000] * 40])

    assert (words, calls) == ("", [])
