"""Handoffs to which nobody came, and the ends of transfers

Where it was killed, it is begun again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add("handoffs", sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True))
    where = sa.text("missed_at IS NOT NULL")
    op.create_index(
        "ix_handoffs_missed_at",
        "handoffs",
        ["missed_at"],
        sqlite_where=where,
        postgresql_where=where,
        if_not_exists=True,
    )
    _add("calls", sa.Column("forwarded_from", sa.String(120), nullable=False, server_default=""))
    _add("calls", sa.Column("transferred_at", sa.DateTime(timezone=True), nullable=True))
    _add("calls", sa.Column("dial_ended_at", sa.DateTime(timezone=True), nullable=True))


def _add(table: str, column: "sa.Column[Any]") -> None:
    """Add a column, unless it is there."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def downgrade() -> None:
    op.drop_index("ix_handoffs_missed_at", "handoffs")
    op.drop_column("handoffs", "missed_at")
    for name in ("forwarded_from", "transferred_at", "dial_ended_at"):
        op.drop_column("calls", name)
