"""Given numbers: a handoff keeps the number that it was asked for with"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("handoffs", sa.Column("number", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("handoffs", "number")
