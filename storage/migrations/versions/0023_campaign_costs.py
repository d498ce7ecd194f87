"""Costs of campaigns: whom each message and each call was for, and its price as billed

Where it was killed, it is begun again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

LAST_ATTEMPTS = {"messages": ("id", "message_id"), "calls": ("call_sid", "call_sid")}
"""By what a recipient names the last attempt: its column, and the recipient's."""
IS_FOR_SOMEBODY = sa.text("recipient_id IS NOT NULL")


def upgrade() -> None:
    for table, (column, named_by) in LAST_ATTEMPTS.items():
        _add(table, sa.Column("recipient_id", sa.Integer(), nullable=True))
        _add(table, sa.Column("price", sa.BigInteger(), nullable=True))
        _add(table, sa.Column("currency", sa.String(3), nullable=True))
        op.create_index(
            f"ix_{table}_recipient_id",
            table,
            ["recipient_id"],
            sqlite_where=IS_FOR_SOMEBODY,
            postgresql_where=IS_FOR_SOMEBODY,
            if_not_exists=True,
        )
        _name_recipients(table, column, named_by)


def _add(table: str, column: "sa.Column[Any]") -> None:
    """Add a column, unless it is there."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def _name_recipients(table: str, column: str, named_by: str) -> None:
    """Note whom the last attempts were for."""
    billed = sa.table(table, sa.column(column), sa.column("recipient_id"))
    recipients = sa.table("campaign_recipients", sa.column("id"), sa.column(named_by))
    theirs = sa.select(recipients.c.id).where(recipients.c[named_by] == billed.c[column])
    known = sa.select(recipients.c[named_by]).where(recipients.c[named_by].is_not(None))
    is_known = billed.c[column].in_(known)
    op.execute(sa.update(billed).where(is_known).values(recipient_id=theirs.scalar_subquery()))


def downgrade() -> None:
    for table in LAST_ATTEMPTS:
        op.drop_index(f"ix_{table}_recipient_id", table)
        for name in ("recipient_id", "price", "currency"):
            op.drop_column(table, name)
