"""Identities: a person is not a number

It only adds. Contacts are read in batches, each committed, and what is there already is left alone: where it was
killed, it is begun again. The earlier version may go on writing meanwhile.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql, sqlite

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BATCH = 2000
# As phone_numbers has them today: a migration does not change with the program.
_WITHHELD_DIGITS = ("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253")
_FORMS = (
    (re.compile(r"\+521([0-9]{10})"), r"+52\1"),
    (re.compile(r"\+549([0-9]{10})"), r"+54\1"),
    (re.compile(r"\+55([1-9]{2})([689][0-9]{7})"), r"+55\g<1>9\2"),
)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_MOST_USER_ID = 160

_CONTACTS = sa.table(
    "contacts",
    *(
        sa.column(name)
        for name in ("id", "address", "whatsapp_address", "whatsapp_user_id", "simulated", "created_at")
    ),
)
_CONVERSATIONS = sa.table(
    "conversations",
    *(sa.column(name) for name in ("id", "contact_id", "key", "provider", "topic", "background")),
)
_CALLS = sa.table(
    "calls", *(sa.column(name) for name in ("conversation_id", "direction", "from_number", "to_number"))
)
_IDENTITIES = sa.table(
    "identities",
    *(
        sa.column(name)
        for name in (
            "contact_id",
            "kind",
            "value",
            "scope",
            "simulated",
            "written_as",
            "verified_by",
            "first_seen_at",
        )
    ),
)


def upgrade() -> None:
    _make_tables()
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        # A contact that is found by exactly this number comes before one whose number only has another form
        in_another_form: list[Mapping[str, Any]] = []
        for rows in _batches(connection):
            about = _About(connection, rows)
            exact = [identity for row in rows for identity in _exact(row, about)]
            _keep(connection, exact)
            known = {(identity["contact_id"], identity["value"]) for identity in exact}
            in_another_form += [
                identity
                for row in rows
                for identity in _others(row, about)
                if (identity["contact_id"], identity["value"]) not in known
            ]
        for start in range(0, len(in_another_form), BATCH):
            _keep(connection, in_another_form[start : start + BATCH])
        _forget_topics_of_nobody(connection)


def _make_tables() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=160), nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("written_as", sa.String(length=120), nullable=False),
        sa.Column("verified_by", sa.String(length=20), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_identities_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint(
            "kind", "value", "scope", "simulated", name=op.f("uq_identities_kind_value_scope_simulated")
        ),
        if_not_exists=True,
    )
    op.create_index("ix_identities_contact_id", "identities", ["contact_id"], if_not_exists=True)
    op.create_table(
        "merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_contact_id", sa.Integer(), nullable=False),
        sa.Column("to_contact_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("evidence", sa.String(length=20), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["from_contact_id"], ["contacts.id"], name=op.f("fk_merges_from_contact_id_contacts")
        ),
        sa.ForeignKeyConstraint(
            ["to_contact_id"], ["contacts.id"], name=op.f("fk_merges_to_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
        if_not_exists=True,
    )
    op.create_index("ix_merges_from_contact_id", "merges", ["from_contact_id"], if_not_exists=True)
    op.create_index("ix_merges_to_contact_id", "merges", ["to_contact_id"], if_not_exists=True)
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("contacts")}
    for name in ("whatsapp_of", "merged_into"):
        if name not in known:
            op.add_column("contacts", sa.Column(name, sa.Integer(), nullable=True))


def _batches(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    last = 0
    while True:
        some = sa.select(_CONTACTS).where(_CONTACTS.c.id > last).order_by(_CONTACTS.c.id).limit(BATCH)
        rows = connection.execute(some).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


class _About:
    """What other tables say of a batch of contacts: whose provider it is, and which number called or was called."""

    def __init__(self, connection: sa.Connection, rows: Sequence[Any]) -> None:
        keys = {f"whatsapp:{row.id}": row.id for row in rows if row.whatsapp_user_id}
        found = sa.select(_CONVERSATIONS.c.key, _CONVERSATIONS.c.provider)
        self.providers = {
            keys[key]: provider
            for key, provider in connection.execute(found.where(_CONVERSATIONS.c.key.in_(keys)))
        }
        # Any other number came in the only form that it has
        callers = [row.id for row in rows if row.address.startswith(("+52", "+54", "+55"))]
        number = sa.case((_CALLS.c.direction == "inbound", _CALLS.c.from_number), else_=_CALLS.c.to_number)
        called = (
            sa.select(_CONVERSATIONS.c.contact_id, sa.func.min(number))
            .join_from(_CONVERSATIONS, _CALLS, _CALLS.c.conversation_id == _CONVERSATIONS.c.id)
            .where(_CONVERSATIONS.c.contact_id.in_(callers))
            .group_by(_CONVERSATIONS.c.contact_id)
        )
        self.called = dict(connection.execute(called).all())


def _exact(row: Any, about: _About) -> Iterator[Mapping[str, Any]]:
    """Yield the identity under which the earlier version finds a contact by its address."""
    kind, _, value = row.address.partition(":")
    if row.address in _WITHHELD_DIGITS:  # strangers, all of them in one: nobody is found by this again
        return
    if kind == "withheld" and value:
        yield _identity(row, "withheld", value)
    elif _NUMBER.fullmatch(row.address) and _matching(row.address) == row.address:
        yield _number(row, row.address, about)
    if row.whatsapp_user_id:
        provider = about.providers.get(row.id, "twilio")
        yield _identity(row, "whatsapp", row.whatsapp_user_id[:_MOST_USER_ID], scope=provider)


def _others(row: Any, about: _About) -> Iterator[Mapping[str, Any]]:
    """Yield the numbers of a contact in the form under which they are found from now on."""
    if row.address in _WITHHELD_DIGITS:
        return
    for written in dict.fromkeys((row.address, row.whatsapp_address.removeprefix("whatsapp:"))):
        if _NUMBER.fullmatch(written) and written not in _WITHHELD_DIGITS:
            yield _number(row, _matching(written), about)


def _number(row: Any, value: str, about: _About) -> Mapping[str, Any]:
    written = (
        row.whatsapp_address.removeprefix("whatsapp:"), about.called.get(row.id, ""), row.address, value,
    )  # fmt: skip
    return _identity(
        row, "phone", value, written_as=next(form for form in written if _matching(form) == value)
    )


def _identity(row: Any, kind: str, value: str, *, scope: str = "", written_as: str = "") -> Mapping[str, Any]:
    return {
        "contact_id": row.id, "kind": kind, "value": value, "scope": scope, "simulated": row.simulated,
        "written_as": written_as, "verified_by": "earlier", "first_seen_at": row.created_at,
    }  # fmt: skip


def _matching(number: str) -> str:
    for pattern, form in _FORMS:
        if found := pattern.fullmatch(number):
            return found.expand(form)
    return number


def _keep(connection: sa.Connection, identities: Iterable[Mapping[str, Any]]) -> None:
    rows = list(identities)
    if not rows:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    with _transaction(connection):
        connection.execute(insert(_IDENTITIES).on_conflict_do_nothing(), rows)


def _forget_topics_of_nobody(connection: sa.Connection) -> None:
    """Take what is told of earlier calls from a contact that was every stranger with a withheld number."""
    strangers = sa.select(_CONTACTS.c.id).where(_CONTACTS.c.address.in_(_WITHHELD_DIGITS))
    for contact_id in connection.execute(strangers).scalars().all():
        some = (
            sa.select(_CONVERSATIONS.c.id)
            .where(_CONVERSATIONS.c.contact_id == contact_id)
            .where(sa.or_(_CONVERSATIONS.c.topic != "", _CONVERSATIONS.c.background != ""))
            .limit(BATCH)
        )
        while ids := connection.execute(some).scalars().all():
            forgotten = sa.update(_CONVERSATIONS).where(_CONVERSATIONS.c.id.in_(ids))
            connection.execute(forgotten.values(topic="", background=""))


@contextmanager
def _transaction(connection: sa.Connection) -> Iterator[None]:
    """Commit a batch at once, within what is committed statement by statement."""
    connection.exec_driver_sql("BEGIN")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def downgrade() -> None:
    for name in ("merged_into", "whatsapp_of"):
        op.drop_column("contacts", name)
    op.drop_table("merges")
    op.drop_table("identities")
