"""Browser phones: a phone and a WhatsApp in the browser, what is asked of them and what happens"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "browser_phones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("api_url", sa.String(length=200), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_phones")),
        sa.UniqueConstraint("key", name=op.f("uq_browser_phones_key")),
    )
    with op.batch_alter_table("browser_phones", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_browser_phones_created_at"), ["created_at"], unique=False)

    op.create_table(
        "browser_commands",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["browser_phones.id"], name=op.f("fk_browser_commands_phone_id_browser_phones")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_commands")),
    )
    with op.batch_alter_table("browser_commands", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_browser_commands_phone_id"), ["phone_id"], unique=False)

    op.create_table(
        "browser_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["browser_phones.id"], name=op.f("fk_browser_events_phone_id_browser_phones")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_events")),
        sa.UniqueConstraint("phone_id", "number", name=op.f("uq_browser_events_phone_id_number")),
    )


def downgrade() -> None:
    op.drop_table("browser_events")
    with op.batch_alter_table("browser_commands", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_browser_commands_phone_id"))

    op.drop_table("browser_commands")
    with op.batch_alter_table("browser_phones", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_browser_phones_created_at"))

    op.drop_table("browser_phones")
