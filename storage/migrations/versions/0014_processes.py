"""Signs of life of each process, and what is known of Chatwoot in rows of its own

Where it was killed, it is begun again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_FACTS = "chatwoot-fact"


def upgrade() -> None:
    op.create_table(
        "processes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late_loop", sa.String(length=60), nullable=True),
        sa.Column("late_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processes")),
        sa.UniqueConstraint("name", name=op.f("uq_processes_name")),
        if_not_exists=True,
    )
    op.create_table(
        "helpdesk_facts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fact", sa.String(length=160), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helpdesk_facts")),
        sa.UniqueConstraint("fact", name=op.f("uq_helpdesk_facts_fact")),
        if_not_exists=True,
    )
    # They stood among the webhooks, which are forgotten after two weeks
    op.execute(
        "INSERT INTO helpdesk_facts (fact, found_at) "  # noqa: S608
        f"SELECT key, received_at FROM webhook_events WHERE source = '{_FACTS}' "
        "AND key NOT IN (SELECT fact FROM helpdesk_facts)"
    )
    op.execute(f"DELETE FROM webhook_events WHERE source = '{_FACTS}'")  # noqa: S608


def downgrade() -> None:
    op.execute(
        "INSERT INTO webhook_events (source, key, received_at) "  # noqa: S608
        f"SELECT '{_FACTS}', fact, found_at FROM helpdesk_facts"
    )
    op.drop_table("helpdesk_facts")
    op.drop_table("processes")
