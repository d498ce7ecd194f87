"""The markers that models write around thoughts, channels and tool calls, and servers forget to take out."""

import re
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a marker begins."""

    THOUGHT = auto()
    CALL = auto()
    HEADER = auto()
    """A message's channel and recipient, in the format of gpt-oss."""
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """Text that is not said, up to one of the ends; without ends, to the end of the answer.

    tool: whose arguments it has, where that was said before.
    """

    kind: Kind
    ends: tuple[str, ...] = ()
    tool: str = ""


NOTHING = Block(Kind.NOTHING)
_MESSAGE_ENDS = ("<|end|>", "<|return|>", "<|call|>", "<|start|>", "<|channel|>")
HIDDEN_MESSAGE = Block(Kind.THOUGHT, _MESSAGE_ENDS)


def _tags(kind: Kind, *names: str) -> dict[str, Block]:
    return {f"<{name}>": Block(kind, (f"</{name}>",)) for name in names}


OPENERS: dict[str, Block] = {
    **_tags(Kind.THOUGHT, "think", "thinking", "thought", "reasoning", "seed:think"),
    "[THINK]": Block(Kind.THOUGHT, ("[/THINK]",)),  # Mistral
    "◁think▷": Block(Kind.THOUGHT, ("◁/think▷",)),  # Kimi
    "<|START_THINKING|>": Block(Kind.THOUGHT, ("<|END_THINKING|>",)),  # Cohere
    "<|begin_of_thought|>": Block(Kind.THOUGHT, ("<|end_of_thought|>",)),
    "<|channel>thought": Block(Kind.THOUGHT, ("<channel|>",)),  # Gemma
    "<|start|>": Block(Kind.HEADER, ("<|message|>",)),  # gpt-oss
    "<|channel|>": Block(Kind.HEADER, ("<|message|>",)),
    "<|start_header_id|>": Block(Kind.THOUGHT, ("<|end_header_id|>",)),  # Llama
    "<|im_start|>": Block(Kind.THOUGHT, ("\n",)),  # Qwen
    **_tags(Kind.CALL, "tool_call", "tool_calls", "function_call", "function_calls"),
    "<function=": Block(Kind.CALL, ("</function>",)),
    "<|tool_call|>": Block(Kind.CALL, ("<|/tool_call|>", "<|end|>")),  # Granite, Phi
    "<|tool_call>": Block(Kind.CALL, ("<tool_call|>",)),  # Gemma
    "<|tool_call_start|>": Block(Kind.CALL, ("<|tool_call_end|>",)),
    "<|tool_calls_section_begin|>": Block(Kind.CALL, ("<|tool_calls_section_end|>",)),  # Kimi
    "<｜tool▁calls▁begin｜>": Block(Kind.CALL, ("<｜tool▁calls▁end｜>",)),  # DeepSeek
    "<|START_ACTION|>": Block(Kind.CALL, ("<|END_ACTION|>",)),  # Cohere
    "<|python_tag|>": Block(Kind.CALL, ("<|eom_id|>", "<|eot_id|>")),  # Llama
    "[TOOL_CALLS]": Block(Kind.CALL, ("[TOOL_CALLS]", "</s>")),  # Mistral
    **dict.fromkeys(
        ("<answer>", "</answer>", "<response>", "</response>", "<s>", "</s>", "</tool_call>", "</function>"),
        NOTHING,
    ),
}
"""Each literal that begins something, or is nothing but a marker."""

THOUGHT_ENDS = ("</think>", "</thinking>", "</thought>", "</reasoning>", "[/THINK]", "◁/think▷")
"""Without its beginning, an end says that all before it was thought: some templates begin the thought themselves."""

FIRST_LETTERS = re.compile(r"[<{\[`◁]")
"""Where something begins that may not be words: a marker, or a tool call's JSON."""

SPECIAL = re.compile(r"<[|｜][^<>|｜\n]{1,60}[|｜]>")
"""Any other special token, such as <|im_end|>."""
_SPECIAL_BEGUN = re.compile(r"<(?:[|｜][^<>|｜\n]{0,60}[|｜]?)?")

_LITERALS = {
    first: tuple(literal for literal in (*OPENERS, *THOUGHT_ENDS) if literal.startswith(first))
    for first in "<[◁"
}

_CHANNELS = re.compile(r"\b(analysis|commentary|final)\b")
_RECIPIENT = re.compile(r"\bto=([\w.-]+)")


def marker_at(text: str) -> str | None:
    """Return the marker that a text begins with; "" if none, None if more text could make it one."""
    for literal in _LITERALS.get(text[0], ()):
        if text.startswith(literal):
            return literal
    if any(literal.startswith(text) for literal in _LITERALS.get(text[0], ())):
        return None
    if special := SPECIAL.match(text):
        return special[0]
    return None if _SPECIAL_BEGUN.fullmatch(text) else ""


def message_of(header: str) -> Block:
    """Return what follows a message's header: a call, words of the answer, or anything else, which is not said.

    A call's recipient is a tool; words are in the channel "final", or announce a call.
    """
    if recipient := _RECIPIENT.search(header):
        return Block(Kind.CALL, _MESSAGE_ENDS, recipient[1])
    channels = _CHANNELS.findall(header)
    return HIDDEN_MESSAGE if channels and channels[-1] == "analysis" else NOTHING


def held_back(text: str, ends: tuple[str, ...]) -> int:
    """Return how many characters at the end of a text may be the beginning of one of these ends."""
    longest = max((len(end) for end in ends), default=1) - 1
    for length in range(min(longest, len(text)), 0, -1):
        if any(end.startswith(text[-length:]) for end in ends):
            return length
    return 0
