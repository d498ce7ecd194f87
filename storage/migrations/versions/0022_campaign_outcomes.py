"""What a campaign's answers lead to, whom they have led to a seller, and several reminders for one number

Where it was killed, it is begun again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

CAMPAIGNS, RECIPIENTS = "campaigns", "campaign_recipients"
ONCE = "uq_campaign_recipients_campaign_id_found_by"
ONCE_A_DATE = "uq_campaign_recipients_campaign_id_found_by_moment_at"


def upgrade() -> None:
    _add(CAMPAIGNS, sa.Column("hand_over", sa.JSON(), nullable=False, server_default="[]"))
    _add(RECIPIENTS, sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True))
    _replace_constraint(ONCE, ONCE_A_DATE, ["campaign_id", "found_by", "moment_at"])


def _add(table: str, column: "sa.Column[Any]") -> None:
    """Add a column, unless it is there."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def _replace_constraint(earlier: str, later: str, columns: list[str]) -> None:
    """Replace a unique constraint, unless it is gone."""
    known = {
        constraint["name"] for constraint in sa.inspect(op.get_bind()).get_unique_constraints(RECIPIENTS)
    }
    if earlier in known:
        with op.batch_alter_table(RECIPIENTS) as batch:
            batch.drop_constraint(op.f(earlier), type_="unique")
            batch.create_unique_constraint(op.f(later), columns)


def downgrade() -> None:
    _replace_constraint(ONCE_A_DATE, ONCE, ["campaign_id", "found_by"])
    op.drop_column(RECIPIENTS, "handed_over_at")
    op.drop_column(CAMPAIGNS, "hand_over")
