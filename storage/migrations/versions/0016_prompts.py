"""What callers hear besides answers, and which contacts are the simulator's

Where it was killed, it is begun again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prompts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_prompts_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompts")),
        sa.UniqueConstraint("conversation_id", "key", name=op.f("uq_prompts_conversation_id_key")),
        if_not_exists=True,
    )
    where = sa.text("simulated")
    op.create_index(
        "ix_contacts_simulated",
        "contacts",
        ["id"],
        sqlite_where=where,
        postgresql_where=where,
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_index("ix_contacts_simulated", "contacts")
    op.drop_table("prompts")
