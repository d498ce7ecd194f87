"""What was found of a form and of its long list, apart from each other

Where it was killed, it is begun again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

DRAFTS, ADDED = "campaign_drafts", ("checked", "seen")


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(DRAFTS)}
    for name in ADDED:
        if name not in known:
            op.add_column(DRAFTS, sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    for name in ADDED:
        op.drop_column(DRAFTS, name)
