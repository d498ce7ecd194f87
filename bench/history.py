"""A database with a long past: conversations as a small business has them, made in SQL, a million turns in a minute."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

TURNS_PER_CALL = 8
CALLS_PER_CONTACT = 3
CALLERS = 100
"""The numbers that the bench itself calls from: contacts like the others, with a past of their own."""

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
TURN_EVERY_S = 60

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) "

_CONTACTS = """
INSERT INTO contacts (id, address, simulated, created_at)
SELECT i, CASE WHEN i <= {callers} THEN printf('+346000000%02d', i - 1) ELSE printf('withheld:CA%032x', i) END, 0, {at}
FROM n
"""
_CONVERSATIONS = """
INSERT INTO conversations
    (id, key, contact_id, channel, background, summary, summary_upto, topic, created_at, closed_at)
SELECT i, printf('phone:CA%08x%s', i, lower(hex(randomblob(12)))), 1 + (i * 7919) % {contacts}, 'phone', '', '', 0,
    'Horario y precio de la primera visita', {at}, {end}
FROM n
"""
_CALLS = """
INSERT INTO calls (id, call_sid, conversation_id, direction, from_number, to_number, status, duration_s,
    started_at, answered_at, ended_at)
SELECT id, substr(key, 7), id, 'inbound', '+34600000001', '+12025550100', 'completed', 90,
    created_at, created_at, closed_at
FROM conversations
"""
_TURNS = """
INSERT INTO turns (id, conversation_id, number, kind, heard, confidence, state, sentences, ending, failures,
    owner, epoch, beat_at, model, prompt_tokens, completion_tokens, first_token_ms, first_sentence_ms,
    created_at, finished_at)
SELECT i, 1 + (i - 1) / {per_call}, 1 + (i - 1) % {per_call}, 'speech',
    'Buenas, quería saber a qué hora abren mañana y cuánto cuesta la visita número ' || i, 0.91, 'complete',
    json_array('Claro que sí, mañana abrimos a las nueve de la mañana sin falta. ',
        'La primera visita dura una hora y cuesta cuarenta y cinco euros en total. ',
        'Puede venir con ropa cómoda y traer los informes que ya tenga usted. ',
        'Si no puede venir, avise con un día de antelación, por favor. ',
        '¿Quiere que le pida a recepción que le llame para darle una cita nueva?'),
    'gather', 0, 'host-' || (i % 3) || ':4242:0123abcd', 1, {at}, 'bench', 900, 80, 405, 812, {at}, {end}
FROM n
"""
_SERVED = """
INSERT INTO served (turn_id, start, wait, kind, upto, ending, filler, at)
SELECT t.id, s.start, 0, 'words', s.upto, s.ending, NULL, t.finished_at
FROM turns t, (SELECT 0 AS start, 1 AS upto, NULL AS ending UNION ALL SELECT 1, 5, 'gather') s
"""


def fill(path: Path, turns: int, begins: datetime = BEGINS) -> int:
    """Fill a migrated, empty database with so many turns, the first then; return its size in bytes."""
    conversations = max(1, turns // TURNS_PER_CALL)
    contacts = max(CALLERS, conversations // CALLS_PER_CONTACT)
    connection = open_for_filling(path)
    for statement, many, every_s in (
        (_CONTACTS, contacts, TURN_EVERY_S * turns // contacts),
        (_CONVERSATIONS, conversations, TURN_EVERY_S * TURNS_PER_CALL),
        (_TURNS, conversations * TURNS_PER_CALL, TURN_EVERY_S),
    ):
        connection.execute(
            (NUMBERS + statement).format(
                many=many,
                callers=CALLERS,
                contacts=contacts,
                per_call=TURNS_PER_CALL,
                at=moment(begins, f"i * {every_s}"),
                end=moment(begins, f"i * {every_s} + 90"),
            )
        )
    connection.execute(_CALLS)
    connection.execute(_SERVED)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return path.stat().st_size


def moment(begins: datetime, seconds: str) -> str:
    """Return the SQL of a time so many seconds after another, as the database keeps it."""
    since = begins.astimezone(UTC).replace(tzinfo=None)
    return f"strftime('%Y-%m-%d %H:%M:%f000', '{since}', printf('+%.3f seconds', {seconds}))"


def open_for_filling(path: Path) -> sqlite3.Connection:
    """Open a database that is made anew where this breaks off."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
