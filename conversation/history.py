"""What of the past the model is told: the last turns in full, a rolling summary of what is older.

The size of a prompt is bounded whatever the length of a conversation: by turns, and by characters.
"""

from collections.abc import Sequence
from datetime import datetime

from conversation.phrases import catalogue_for
from conversation.speech.text_for_tts import speakable, spoken_seconds
from integrations.language_model import Message
from storage.models import TurnKind
from storage.queries.turns import ServedRecord, TurnRecord

FULL_TURNS = 8
"""How many turns stay in full when a summary is made."""
SUMMARISE_EVERY = 16
"""How many turns without a summary there are before one is made."""
MOST_TURNS = 24
"""How many turns a prompt holds at most, for when the summary is late."""
MOST_CHARACTERS = 16_000
ENDPOINT_S = 0.7
"""What Twilio takes, about, to be sure that a caller has stopped speaking, and to send what was heard."""
NEARLY_ALL = 0.7
"""The length of speech is an estimate: past this part of it, all counts as heard."""
LEAST_REACTION_S = 0.5
"""Nobody hears words, speaks and is transcribed in less: such a request says nothing of what was heard."""

CONTINUE = (
    "Your answer was interrupted by a technical fault after the words above, which the person has heard. "
    "Go on exactly after them. Do not repeat or greet; do not mention the fault."
)


def messages_for(
    system: str,
    *,
    background: str,
    summary: str,
    past: Sequence[TurnRecord],
    heard: str,
    kind: TurnKind,
    images: Sequence[str] = (),
) -> list[Message]:
    """Return the prompt: one system message, the past within bounds, and what was heard now.

    images: pictures that came with it, as data URLs; they are shown this once.
    """
    parts = [system]
    if background:
        parts.append(f"Earlier conversations with this contact, by date and topic only:\n{background}")
    if summary:
        parts.append(f"Summary of this conversation before the turns below:\n{summary}")
    kept = _within_bounds(past)
    following = [*(turn.heard for turn in kept), heard][1:]
    turns = [
        message
        for turn, next_heard in zip(kept, following, strict=True)
        if was_said(turn) or not next_heard.startswith(turn.heard)  # words that stand again in the next turn
        for message in _turn_messages(turn)
    ]
    return [{"role": "system", "content": "\n\n".join(parts)}, *turns, _user(heard, kind, images)]


def continuation(messages: Sequence[Message], said: str) -> list[Message]:
    """Return the prompt that asks a model to go on after what it has said."""
    return [*messages, {"role": "assistant", "content": said}, {"role": "system", "content": CONTINUE}]


def transcript(past: Sequence[TurnRecord], language: str = "en") -> str:
    """Return turns as text, a line each for the person and the assistant, named for who reads that language."""
    words = catalogue_for(language).transcript
    names = {"user": words.person, "assistant": words.assistant}
    messages = (message for turn in past for message in _turn_messages(turn))
    return "\n".join(f"{names[m['role']]}: {m['content']}" for m in messages)


def needs_summary(number: int, summary_upto: int) -> bool:
    """Say whether, after this turn, the past has grown enough to be summarised."""
    return number - summary_upto >= SUMMARISE_EVERY


def estimated_tokens(messages: Sequence[Message]) -> int:
    """About how many tokens a prompt has, for models that do not say: Spanish takes 3 to 4 characters each."""
    return sum(len(_text(message)) for message in messages) // 3


def was_said(turn: TurnRecord) -> str:
    """What the caller heard of the answer, marked where it was interrupted."""
    text = "".join(turn.sentences)
    if turn.heard_upto is None or turn.heard_upto >= len(text):
        return text.strip()
    heard = text[: turn.heard_upto].strip()
    return f"{heard} [interrupted here]" if heard else ""


def heard_characters(
    turn: TurnRecord, last: ServedRecord | None, *, served: int, reply: str, now: datetime
) -> int | None:
    """Return how many characters of an answer the caller can have heard when they spoke; None: all of it.

    Twilio does not say where a prompt was interrupted. The seconds since the words left, less those that the
    caller's own words took, against the length of what was to be spoken, say about where. served: how many
    sentences the request's own URL says were served, for when that is not in the database.
    """
    whole = len("".join(turn.sentences))
    if last is None:
        upto = len("".join(turn.sentences[:served]))
        return None if upto >= whole > 0 else upto
    before, after = (len("".join(turn.sentences[:position])) for position in (last.start, last.upto))
    elapsed = (now - last.at).total_seconds()
    speech = "".join(turn.sentences[last.start : last.upto])
    length = spoken_seconds(speakable(speech, "es"))
    if elapsed < LEAST_REACTION_S or elapsed >= NEARLY_ALL * length or not speech:
        return None if after >= whole else after  # in doubt all was heard
    part = max(0.0, elapsed - spoken_seconds(reply) - ENDPOINT_S) / length
    return before + _word_end(speech, round(part * len(speech)))


def _word_end(text: str, position: int) -> int:
    end = text.find(" ", position)
    return len(text) if end == -1 else end


def _within_bounds(past: Sequence[TurnRecord]) -> list[TurnRecord]:
    kept: list[TurnRecord] = []
    room = MOST_CHARACTERS
    for turn in reversed(past[-MOST_TURNS:]):
        room -= len(turn.heard) + sum(map(len, turn.sentences))
        if room < 0 and kept:
            break
        kept.append(turn)
    return kept[::-1]


def _turn_messages(turn: TurnRecord) -> list[Message]:
    said = was_said(turn)
    answer = [{"role": "assistant", "content": said}] if said else []
    return [_user(turn.heard, turn.kind), *answer]


def _user(heard: str, kind: TurnKind, images: Sequence[str] = ()) -> Message:
    words = f"[pressed on the keypad: {heard}]" if kind is TurnKind.DIGITS else heard
    if not images:
        return {"role": "user", "content": words}
    shown = [{"type": "image_url", "image_url": {"url": image}} for image in images]
    return {"role": "user", "content": [{"type": "text", "text": words}, *shown]}


def _text(message: Message) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)
