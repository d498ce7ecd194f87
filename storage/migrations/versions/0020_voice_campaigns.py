"""Campaigns by phone: what calls are for, and what became of each

Where it was killed, it is begun again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

RECIPIENTS = "campaign_recipients"
FOUND_BY = ("call_mark", "call_sid")


def upgrade() -> None:
    _add("campaigns", sa.Column("goal", sa.String(), nullable=False, server_default=""))
    _add("campaigns", sa.Column("leave_message", sa.Boolean(), nullable=False, server_default=sa.true()))
    _add(RECIPIENTS, sa.Column("call_mark", sa.String(32), nullable=True))
    _add(RECIPIENTS, sa.Column("call_sid", sa.String(64), nullable=True))
    _add(RECIPIENTS, sa.Column("call_status", sa.String(20), nullable=False, server_default=""))
    _add(RECIPIENTS, sa.Column("call_code", sa.Integer(), nullable=True))
    _add(RECIPIENTS, sa.Column("answered_by", sa.String(30), nullable=False, server_default=""))
    _add(RECIPIENTS, sa.Column("message_left_at", sa.DateTime(timezone=True), nullable=True))
    for name in FOUND_BY:
        op.create_index(f"ix_{RECIPIENTS}_{name}", RECIPIENTS, [name], unique=True, if_not_exists=True)


def _add(table: str, column: "sa.Column[Any]") -> None:
    """Add a column, unless it is there."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def downgrade() -> None:
    for name in FOUND_BY:
        op.drop_index(f"ix_{RECIPIENTS}_{name}", RECIPIENTS)
    for name in ("call_mark", "call_sid", "call_status", "call_code", "answered_by", "message_left_at"):
        op.drop_column(RECIPIENTS, name)
    for name in ("goal", "leave_message"):
        op.drop_column("campaigns", name)
