"""A database with a long past: conversations as a small business has them, made in SQL, a million turns in a minute."""

import sqlite3
from pathlib import Path

TURNS_PER_CALL = 8
CALLS_PER_CONTACT = 3
CALLERS = 100
"""The numbers that the bench itself calls from: contacts like the others, with a past of their own."""

_MOMENT = "strftime('%Y-%m-%d %H:%M:%f000', '2024-01-01', printf('+%d seconds', {seconds}))"

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) "

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


def fill(path: Path, turns: int) -> int:
    """Fill a migrated, empty database with so many turns; return its size in bytes."""
    conversations = max(1, turns // TURNS_PER_CALL)
    contacts = max(CALLERS, conversations // CALLS_PER_CONTACT)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
        connection.execute(f"PRAGMA {pragma}")
    for statement, many, every_s in (
        (_CONTACTS, contacts, 1000),
        (_CONVERSATIONS, conversations, 500),
        (_TURNS, conversations * TURNS_PER_CALL, 60),
    ):
        connection.execute(
            (_NUMBERS + statement).format(
                many=many,
                callers=CALLERS,
                contacts=contacts,
                per_call=TURNS_PER_CALL,
                at=_MOMENT.format(seconds=f"i * {every_s}"),
                end=_MOMENT.format(seconds=f"i * {every_s} + 90"),
            )
        )
    connection.execute(_CALLS)
    connection.execute(_SERVED)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return path.stat().st_size
