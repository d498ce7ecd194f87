"""The readable transcript of a conversation: turns, prompts, messages and handoffs in one order, for every channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from dashboard.attachments import body_words, file_words
from dashboard.authors import author_name
from dashboard.marks import without_english_marks
from storage.models import Ending, MessageStatus, TurnKind, TurnState
from storage.queries.messages import MessageRecord
from storage.reports import prompts, transcripts
from storage.reports.transcripts import ConversationReport, HandoffNote, TurnFacts

AT_ONCE = 60
"""Number of entries on a page."""
MOST_PROMPTS = 200
"""Prompts on a page, besides."""


class Side(StrEnum):
    """The speaker's side."""

    THEIRS = "theirs"
    OURS = "ours"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo in a message. number: its index among the message's files. words: its description."""

    message_id: int
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the transcript: words or an event.

    cut: the end of an answer, interrupted before the caller could hear it. author: the operator, for a message not by
    the assistant.
    turn: the answer's facts, such as its cost. message: the message with its delivery status.
    """

    side: Side
    at: datetime
    words: str = ""
    cut: str = ""
    author: str = ""
    kind: str = ""
    pictures: Sequence[Picture] = ()
    files: Sequence[str] = ()
    turn: TurnFacts | None = None
    message: MessageRecord | None = None
    handoff: HandoffNote | None = None

    @property
    def is_being_written(self) -> bool:
        """Return whether the answer is still being written."""
        return self.side is Side.OURS and self.turn is not None and self.turn.state is TurnState.WRITING

    @property
    def did_not_arrive(self) -> bool:
        """Return whether the message failed to arrive."""
        lost = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)
        return self.message is not None and self.message.status in lost


@dataclass(frozen=True, slots=True)
class Transcript:
    """A part of a conversation, oldest first. earlier: the `before` of the preceding part; None if there is none."""

    entries: Sequence[Entry]
    earlier: int | None
    waits_ms: Sequence[int]
    """The contact's wait for the first sentence of each answer."""


def read_transcript(
    connection: Connection, record: ConversationReport, fillers: Sequence[str], before: int | None = None
) -> Transcript:
    """Return the last entries of a conversation, or those before a turn's number (on WhatsApp, a message's id).

    fillers: what is said while an answer is being written, for those that callers heard.
    """
    if record.channel == "whatsapp":
        return _written(connection, record, before)
    turns = transcripts.last_turns(connection, record.id, before=before, limit=AT_ONCE + 1)
    shown = turns[-AT_ONCE:]
    entries = [entry for turn in shown for entry in _of_turn(turn)]
    is_whole = len(turns) <= AT_ONCE
    entries += _prompts(connection, record, shown, is_whole=is_whole, before=before)
    entries += [
        _prompt(fillers[filler.number % len(fillers)], filler.at)
        for filler in prompts.fillers_of(connection, [turn.id for turn in shown])
    ]
    notes = _notes(connection, record, entries, is_whole=is_whole, is_newest=before is None)
    return Transcript(_in_order([*entries, *notes]), None if is_whole else shown[0].number, _waits(shown))


def _prompts(
    connection: Connection,
    record: ConversationReport,
    shown: Sequence[TurnFacts],
    *,
    is_whole: bool,
    before: int | None,
) -> list[Entry]:
    """Return what the caller heard besides answers, from the first of some turns to the turn after them."""
    following = (
        () if before is None else transcripts.last_turns(connection, record.id, before=before + 1, limit=1)
    )
    since = None if is_whole else shown[0].created_at
    until = next((turn.created_at for turn in following), None)
    heard = prompts.prompts_of(connection, record.id, since, until, MOST_PROMPTS)
    return [_prompt(prompt.words, prompt.at) for prompt in heard]


def _prompt(words: str, at: datetime) -> Entry:
    return Entry(Side.OURS, at, words=words, kind="prompt")


def _written(connection: Connection, record: ConversationReport, before: int | None) -> Transcript:
    thread = transcripts.thread(connection, record.id)
    messages = transcripts.last_messages(connection, thread, before=before, limit=AT_ONCE + 1)
    shown = messages[-AT_ONCE:]
    answers = {m.turn_id for m in shown if m.turn_id is not None and m.outbound and m.part == 0}
    turns = transcripts.turns_by_id(connection, sorted(answers))
    entries = [_of_message(message, turns) for message in shown]
    if before is None:
        last = transcripts.last_turns(connection, record.id, limit=1)
        entries += [_answer(turn) for turn in last if turn.state is TurnState.WRITING]
    notes = _notes(connection, record, entries, is_whole=len(messages) <= AT_ONCE, is_newest=before is None)
    return Transcript(
        _in_order([*entries, *notes]),
        shown[0].id if len(messages) > AT_ONCE else None,
        _waits(sorted(turns.values(), key=lambda turn: turn.number)),
    )


def _in_order(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.is_being_written, entry.at))


def _waits(turns: Sequence[TurnFacts]) -> list[int]:
    return [turn.first_sentence_ms for turn in turns if turn.first_sentence_ms is not None]


def _of_turn(turn: TurnFacts) -> list[Entry]:
    heard = Entry(Side.THEIRS, turn.created_at, words=without_english_marks(turn.heard), kind=turn.kind)
    if turn.kind == TurnKind.ERASED:
        return [heard]
    is_theirs = bool(turn.heard) and turn.kind != TurnKind.TIME_UP
    # Fixed phrases that lead to a person or a message replace the model's words, so none are missing
    is_answered = bool(turn.said) or turn.ending in (None, Ending.GATHER)
    return [*([heard] if is_theirs else []), *([_answer(turn)] if is_answered else [])]


def _answer(turn: TurnFacts) -> Entry:
    said = turn.said
    words = said[: len(said) - len(turn.unheard)]
    return Entry(Side.OURS, turn.finished_at or turn.created_at, words=words, cut=turn.unheard, turn=turn)


def _of_message(message: MessageRecord, turns: dict[int, TurnFacts]) -> Entry:
    files = list(enumerate(message.attachments))
    return Entry(
        Side.OURS if message.outbound else Side.THEIRS,
        message.created_at,
        words=body_words(message),
        author=author_name(message.author) if message.outbound else "",
        kind=message.kind,
        pictures=[Picture(message.id, n, file_words(file)) for n, file in files if is_picture(file.type)],
        files=[file_words(file) for _, file in files if not is_picture(file.type)],
        turn=turns.get(message.turn_id or 0) if message.part == 0 else None,
        message=message,
    )


def is_picture(media_type: str) -> bool:
    """Return whether a file is declared a picture."""
    return media_type.startswith("image/")


def _notes(
    connection: Connection,
    record: ConversationReport,
    entries: Sequence[Entry],
    *,
    is_whole: bool,
    is_newest: bool,
) -> list[Entry]:
    """Return the handoffs from the period of the entries."""
    since = None if is_whole or not entries else min(entry.at for entry in entries)
    until = None if is_newest or not entries else max(entry.at for entry in entries)
    return [
        Entry(Side.NOTE, note.created_at, words=note.reason, handoff=note)
        for note in transcripts.handoffs_of(connection, transcripts.thread(connection, record.id))
        if (since is None or note.created_at >= since) and (until is None or note.created_at <= until)
    ]
