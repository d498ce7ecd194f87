"""People: who takes over, sellers and their offers, what Chatwoot shows"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_webhook_events_source_key")),
    )
    with op.batch_alter_table("webhook_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_events_received_at"), ["received_at"], unique=False)

    op.create_table(
        "mirror_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.Integer(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_mirror_items_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mirror_items")),
        sa.UniqueConstraint("ref", name=op.f("uq_mirror_items_ref")),
    )
    with op.batch_alter_table("mirror_items", schema=None) as batch_op:
        batch_op.create_index(
            "ix_mirror_items_contact_id_state_id", ["contact_id", "state", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_mirror_items_remote_id"), ["remote_id"], unique=False)

    op.create_table(
        "mirrors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_mirrors_contact_id_contacts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mirrors")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_mirrors_contact_id")),
    )
    with op.batch_alter_table("mirrors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mirrors_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mirrors_source_id"), ["source_id"], unique=False)

    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handoff_id", sa.Integer(), nullable=False),
        sa.Column("seller", sa.String(length=20), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_offers_handoff_id_handoffs")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_offers_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("handoff_id", "seller", name=op.f("uq_offers_handoff_id_seller")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index("ix_offers_seller_state", ["seller", "state"], unique=False)

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("provider", sa.String(length=20), nullable=False, server_default="twilio")
        )
        batch_op.add_column(sa.Column("human_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("human", sa.String(length=80), nullable=False, server_default=""))

    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("source", sa.String(length=20), nullable=False, server_default="assistant")
        )
        batch_op.add_column(sa.Column("request_key", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("context", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("owner", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("owned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column("turn_number", existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_index(batch_op.f("ix_handoffs_request_key"), ["request_key"], unique=False)

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.alter_column("sid", existing_type=sa.String(length=64), type_=sa.String(length=255))
        batch_op.add_column(sa.Column("author", sa.String(length=80), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_column("author")
        batch_op.alter_column("sid", existing_type=sa.String(length=255), type_=sa.String(length=64))

    op.execute("DELETE FROM handoffs WHERE turn_number IS NULL")
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handoffs_request_key"))
        batch_op.alter_column("turn_number", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("owned_at")
        batch_op.drop_column("owner")
        batch_op.drop_column("context")
        batch_op.drop_column("request_key")
        batch_op.drop_column("source")

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_column("human")
        batch_op.drop_column("human_until")
        batch_op.drop_column("provider")

    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_index("ix_offers_seller_state")

    op.drop_table("offers")
    with op.batch_alter_table("mirrors", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mirrors_source_id"))
        batch_op.drop_index(batch_op.f("ix_mirrors_conversation_id"))

    op.drop_table("mirrors")
    with op.batch_alter_table("mirror_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mirror_items_remote_id"))
        batch_op.drop_index("ix_mirror_items_contact_id_state_id")

    op.drop_table("mirror_items")
    with op.batch_alter_table("webhook_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_events_received_at"))

    op.drop_table("webhook_events")
