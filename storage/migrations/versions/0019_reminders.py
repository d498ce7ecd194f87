"""Reminders: campaigns whose messages are due before a moment of each person's own

Where it was killed, it is begun again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add("campaigns", sa.Column("remind", sa.String(600), nullable=False, server_default=""))
    _add("campaign_recipients", sa.Column("moment_at", sa.DateTime(timezone=True), nullable=True))


def _add(table: str, column: "sa.Column[Any]") -> None:
    """Add a column, unless it is there."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def downgrade() -> None:
    op.drop_column("campaign_recipients", "moment_at")
    op.drop_column("campaigns", "remind")
