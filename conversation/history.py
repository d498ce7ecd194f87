"""Builds the model's view of the past: the last turns in full, and a rolling summary of older ones.

The size of a prompt is bounded, in turns and in characters, whatever the length of a conversation.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from conversation.marks import mark, without_marks
from conversation.phrases import catalogue_for
from conversation.speech.chunks import spoken_seconds
from conversation.speech.text_for_tts import speakable
from integrations.errors import CONTENT_FILTER
from integrations.language_model import CALLED, CAMPAIGN, NOTES, Message
from integrations.pictures import Picture
from storage.campaigns.campaign_replies import CampaignMessage
from storage.models import TurnKind
from storage.queries.turns import ServedRecord, TurnRecord

FULL_TURNS = 8
"""Turns that stay in full when a summary is made."""
SUMMARISE_EVERY = 16
"""Turns without a summary after which one is made."""
MOST_TURNS = 24
"""Turns in a prompt at most, in case the summary is late."""
MOST_CHARACTERS = 16_000
ENDPOINT_S = 0.7
"""Seconds that Twilio takes, roughly, to detect the end of speech and send its transcription."""
NEARLY_ALL = 0.7
"""Fraction of the estimated speech length from which all of it counts as heard."""
INTERRUPTED = " [interrupted here]"
"""The mark at the end of what was heard of an answer."""
MOST_BACKGROUND = 500
"""Characters of the topics of earlier conversations."""
MOST_OF_CAMPAIGN = 2_000
"""Characters of a campaign's message, and of what its list says of the person."""
LEAST_REACTION_S = 0.5
"""Shortest time in seconds to hear, speak and be transcribed: a faster request says nothing about hearing."""

HARDLY_UNDERSTOOD = " [hardly understood: it is no yes]"
"""The mark at the end of a word that may be a noise."""

GOAL = (
    "The business has placed this call; the person did not ask for it. The goal of the call: {goal}\n"
    "Pursue it briefly and politely. If you are asked, say that you are an automated assistant and for whom you call. "
    "Accept a no: thank them and end the call. If they want no more calls, note it with the tool for it. "
    "Where the goal says that a person goes on, or they ask for one, bring one in with hand_off as soon as it is clear."
)

_SPOKEN_MARK = re.compile(rf" \[keypad: [0-9*#]{{1,100}}\]$|{re.escape(HARDLY_UNDERSTOOD)}$")
"""A mark of `ivr`; of the keys pressed while speaking too: no words fit into it, so anybody may write it."""

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
    images: Sequence[Picture] = (),
    campaign: CampaignMessage | None = None,
) -> list[Message]:
    """Return the prompt: one system message, notes, the past within bounds, and the new utterance.

    background, summary: written by a model from people's words, and so told as data and not as instructions. campaign:
    the message of ours that it may be about.
    images: pictures that came with it; they are included only this once.
    """
    kept = _within_bounds(tellable(past))
    following = [*(turn.heard for turn in kept), heard][1:]
    turns = [
        message
        for turn, next_heard in zip(kept, following, strict=True)
        if was_said(turn) or not next_heard.startswith(turn.heard)  # words that stand again in the next turn
        for message in _turn_messages(turn)
    ]
    notes = [*_notes(background, summary), *_campaign_note(campaign)]
    if campaign is not None and campaign.goal is not None:
        system = f"{system}\n\n{GOAL.format(goal=campaign.goal)}"
    return [{"role": "system", "content": system}, *notes, *turns, _user(heard, kind, images)]


def tellable(past: Sequence[TurnRecord]) -> Sequence[TurnRecord]:
    """Return the turns that a model is told: none that a content filter refused.

    After two such turns in a row nothing from before them either, where the words that it refuses may stand.
    """
    refused = [turn.error == CONTENT_FILTER for turn in past]
    twice = [number for number in range(1, len(past)) if refused[number - 1] and refused[number]]
    begin = twice[-1] + 1 if twice else 0
    return [turn for turn, is_refused in zip(past[begin:], refused[begin:], strict=True) if not is_refused]


def continuation(messages: Sequence[Message], said: str) -> list[Message]:
    """Return the prompt that asks a model to continue its own words."""
    return [*messages, {"role": "assistant", "content": said}, {"role": "system", "content": CONTINUE}]


def transcript(past: Sequence[TurnRecord], language: str = "en") -> str:
    """Return turns as text, one line each for the person and the assistant, labelled in that language."""
    words = catalogue_for(language).transcript
    names = {"user": words.person, "assistant": words.assistant}
    messages = (message for turn in past for message in _turn_messages(turn))
    return "\n".join(f"{names[m['role']]}: {_indented(_without_forged_marks(m))}" for m in messages)


def needs_summary(number: int, summary_upto: int) -> bool:
    """Return whether the past has grown enough, after this turn, to be summarised."""
    return number - summary_upto >= SUMMARISE_EVERY


def estimated_tokens(messages: Sequence[Message]) -> int:
    """Estimate a prompt's tokens, for models that do not report them: Spanish takes 3 to 4 characters each."""
    return sum(len(_text(message)) for message in messages) // 3


def was_said(turn: TurnRecord) -> str:
    """Return the part of the answer that the caller heard, with a mark at an interruption."""
    text = "".join(turn.sentences)
    if turn.heard_upto is None or turn.heard_upto >= len(text):
        return text.strip()
    heard = text[: turn.heard_upto].strip()
    return f"{heard}{INTERRUPTED}" if heard else ""


def heard_characters(
    turn: TurnRecord, last: ServedRecord | None, *, served: int, reply: str, now: datetime
) -> int | None:
    """Return the number of characters of an answer heard before the caller spoke; None: all of them.

    Twilio does not report the position of an interruption. It is estimated from the seconds since the words were sent,
    less the length of the caller's own words, against the length of the speech. served: sentences served according to
    the request's own URL, for when the database does not say.
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
    if turn.kind is TurnKind.ERASED:
        return []
    said = was_said(turn)
    answer = [{"role": "assistant", "content": said}] if said else []
    return [_user(turn.heard, turn.kind), *answer]


def _notes(background: str, summary: str) -> list[Message]:
    parts = []
    if background:
        topics = background[:MOST_BACKGROUND]
        parts.append(f"Earlier conversations with this contact, by date and topic only:\n{topics}")
    if summary:
        parts.append(f"Summary of this conversation before the turns below:\n{summary}")
    return [{"role": "user", "content": mark("\n\n".join([NOTES, *parts]))}] if parts else []


def _campaign_note(campaign: CampaignMessage | None) -> list[Message]:
    if campaign is None:
        return []
    facts = "\n".join(f"{name}: {value}" for name, value in campaign.facts.items())
    if campaign.goal is not None:
        told = f"It began with:\n{campaign.body}\n\nOn the list:\n{facts}"
        return [{"role": "user", "content": mark(f"{CALLED}\n\n{told[:MOST_OF_CAMPAIGN]}")}]
    told = f"On {campaign.sent_at:%Y-%m-%d}, “{campaign.campaign}”:\n{campaign.body}\n\nOn the list:\n{facts}"
    return [{"role": "user", "content": mark(f"{CAMPAIGN}\n\n{told[:MOST_OF_CAMPAIGN]}")}]


def _without_forged_marks(message: Message) -> str:
    """Return what was said; in the model's own words square brackets are no marks, outside its own messages."""
    said = str(message["content"])
    if message["role"] != "assistant":
        return said
    heard = said.removesuffix(INTERRUPTED)
    return without_marks(heard) + said[len(heard) :]


def _indented(words: str) -> str:
    """Return a speaker's words so that no line of them looks like the beginning of another's."""
    return "\n  ".join(words.splitlines())


def _user(heard: str, kind: TurnKind, images: Sequence[Picture] = ()) -> Message:
    words = _told(heard, kind)
    if not images:
        return {"role": "user", "content": words}
    shown = [{"type": "image_url", "image_url": {"url": image}} for image in images]
    return {"role": "user", "content": [{"type": "text", "text": words}, *shown]}


def _told(heard: str, kind: TurnKind) -> str:
    if kind is TurnKind.DIGITS:
        return mark(f"pressed on the keypad: {heard}")
    # What is written has marks of ours in it, for files; its words came without any (`messaging.told`)
    if kind is TurnKind.TEXT:
        return heard
    ours = _SPOKEN_MARK.search(heard)
    return without_marks(heard) if ours is None else without_marks(heard[: ours.start()]) + ours[0]


def _text(message: Message) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)
