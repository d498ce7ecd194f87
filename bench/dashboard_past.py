"""Generates a busy business's messages and handoffs in SQL, besides the calls of bench/history.py."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bench.history import NUMBERS, TURN_EVERY_S, fill, moment, open_for_filling

A_DAY = 70_000
"""Messages of a day."""
EACH = 50
"""Messages of each person, but for the first, who writes one in fifty of all."""
FIRST_ID = 100_000_000
"""Above whatever bench/history.py made."""
PER_CALL_TURN = 4
"""Messages to each turn of a call."""

_NAMES = '["Ana","Begoña","Carlos","Dolores","Eduardo","Fátima","Gonzalo","Inés"]'
_SURNAMES = '["García","Núñez","López","Martín","Sanz","Vidal","Ortega"]'
_NAME = (
    f"json_extract('{_NAMES}', printf('$[%d]', i % 8)) || ' ' || "
    f"json_extract('{_SURNAMES}', printf('$[%d]', i % 7))"
)

_PEOPLE = f"""
INSERT INTO contacts (id, address, simulated, name, created_at)
SELECT {FIRST_ID} + i, printf('+120255501%08d', i), 0, {_NAME}, {{at}} FROM n
"""
_CONVERSATIONS = f"""
INSERT INTO conversations
    (id, key, contact_id, channel, background, summary, summary_upto, topic, created_at)
SELECT {FIRST_ID} + i, printf('whatsapp:%d', {FIRST_ID} + i), {FIRST_ID} + i, 'whatsapp', '', '', 0,
    'Cita para la primera visita', {{at}}
FROM n
"""
_TURNS = f"""
INSERT INTO turns (id, conversation_id, number, kind, heard, state, sentences, ending, failures, owner, epoch,
    beat_at, model, prompt_tokens, completion_tokens, first_token_ms, first_sentence_ms, created_at, finished_at)
SELECT {FIRST_ID} + i, {FIRST_ID} + CASE WHEN i % 50 = 0 THEN 1 ELSE 1 + (i * 7919) % {{people}} END, i, 'text',
    'Hola, ¿me puede decir a qué hora abren el día ' || (i % 31) || '? Soy de la obra ' || i, 'complete',
    json_array('Claro que sí, ese día abrimos a las nueve. ', '¿Quiere que le pida cita?'),
    NULL, 0, 'host-1:4242:0123abcd', 1, {{at}}, 'bench', 900, 40, 405, 812, {{at}}, {{at}}
FROM n
"""
_MESSAGES = f"""
INSERT INTO messages (id, conversation_id, turn_id, part, outbound, kind, body, sid, status, error_code,
    created_at, changed_at, tries, attachments, author)
SELECT {FIRST_ID} + 2 * (t.number - 1) + w.out, t.conversation_id, t.id, CASE w.out WHEN 1 THEN 0 END, w.out, 'text',
    CASE w.out WHEN 1 THEN 'Claro que sí, ese día abrimos a las nueve. ¿Quiere que le pida cita?' ELSE t.heard END,
    printf('SM%016x%016d', t.id, w.out),
    CASE WHEN w.out = 0 THEN 'settled' WHEN t.number % 200 = 11 THEN 'undelivered' ELSE 'read' END,
    CASE WHEN w.out = 1 AND t.number % 200 = 11 THEN 30008 END, t.created_at, t.created_at, 0, '[]', ''
FROM turns t, (SELECT 0 AS out UNION ALL SELECT 1) w WHERE t.id > {FIRST_ID} ORDER BY 1
"""
_WROTE_AT = f"""
UPDATE contacts SET wrote_at = (SELECT max(created_at) FROM turns WHERE conversation_id = contacts.id)
WHERE id > {FIRST_ID}
"""
_HANDOFFS = f"""
INSERT INTO handoffs (conversation_id, turn_number, source, reason, summary, context, message, state, owner,
    owned_at, created_at, updated_at)
SELECT conversation_id, number, 'assistant', 'Pide una persona', 'Quiere una cita antes del lunes.', '', '', 'open',
    CASE WHEN number > {{turns}} - 2000 THEN '' ELSE '+34600000002' END,
    CASE WHEN number > {{turns}} - 2000 THEN NULL ELSE created_at END, created_at, created_at
FROM turns WHERE id > {FIRST_ID} AND number % 100 = 7
"""
_HELD = f"""
UPDATE conversations SET human = 'Ana', human_until = {{until}} WHERE id > {FIRST_ID} AND id % 400 = 3
"""


@dataclass(frozen=True, slots=True)
class Past:
    """The generated data. longest: the conversation with the most messages; one_call: some call's conversation."""

    messages: int
    longest: int
    one_call: int
    bytes: int


def fill_past(path: Path, messages: int, now: datetime) -> Past:
    """Fill a migrated, empty database with so many written messages and their turns, and with calls; up to now."""
    turns, call_turns = messages // 2, max(8, messages // PER_CALL_TURN)
    fill(path, call_turns, now - timedelta(seconds=TURN_EVERY_S * call_turns + 600))
    people, step_s = max(50, messages // EACH), 2 * 86400 / A_DAY
    begins = now - timedelta(seconds=step_s * turns + 5)
    connection = open_for_filling(path)
    for statement, many, every_s in (
        (_PEOPLE, people, step_s * turns / people),
        (_CONVERSATIONS, people, step_s * turns / people),
        (_TURNS, turns, step_s),
    ):
        at = moment(begins, f"i * {every_s}")
        connection.execute((NUMBERS + statement).format(many=many, people=people, at=at))
    for statement in (_MESSAGES, _WROTE_AT, _HANDOFFS, _HELD):
        connection.execute(statement.format(turns=turns, until=moment(now, "86400")))
    return Past(messages, FIRST_ID + 1, _last_call(connection), _close(connection, path))


def _last_call(connection: sqlite3.Connection) -> int:
    [(conversation_id,)] = connection.execute("SELECT max(conversation_id) FROM calls")
    return int(conversation_id)


def _close(connection: sqlite3.Connection, path: Path) -> int:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return path.stat().st_size
