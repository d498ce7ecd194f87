"""Campaigns' pages: what became of people, and when, counted without reading every row of a long list"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

RECIPIENTS = "campaign_recipients"
ALL = (["campaign_id", "begun_at"], ["campaign_id", "state", "message_id"])
REPLIED = f"ix_{RECIPIENTS}_campaign_id_replied_at"
HAS_REPLIED = sa.text("replied_at IS NOT NULL")


def upgrade() -> None:
    for columns in ALL:
        op.create_index(f"ix_{RECIPIENTS}_{'_'.join(columns)}", RECIPIENTS, columns, if_not_exists=True)
    op.create_index(
        REPLIED,
        RECIPIENTS,
        ["campaign_id", "replied_at"],
        sqlite_where=HAS_REPLIED,
        postgresql_where=HAS_REPLIED,
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_index(REPLIED, RECIPIENTS)
    for columns in ALL:
        op.drop_index(f"ix_{RECIPIENTS}_{'_'.join(columns)}", RECIPIENTS)
