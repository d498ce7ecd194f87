"""Erasures: who was erased, as keyed hashes, and what is left to be done

Where it was killed, it is begun again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("digest", name=op.f("uq_erasures_digest")),
        if_not_exists=True,
    )
    op.create_table(
        "erasure_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_tasks")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_erasure_tasks_contact_id"), "erasure_tasks", ["contact_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("erasure_tasks")
    op.drop_table("erasures")
