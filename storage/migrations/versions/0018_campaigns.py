"""Campaigns, and their recipients

Where it was killed, it is begun again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

RECIPIENTS = "campaign_recipients"
INDEXES = {
    "ix_campaign_recipients_due": ["campaign_id", "state", "due_at", "id"],
    "ix_campaign_recipients_campaign_id_message_id": ["campaign_id", "message_id"],
    "ix_campaign_recipients_conversation_id_begun_at": ["conversation_id", "begun_at"],
    "ix_campaign_recipients_found_by": ["found_by"],
}


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("pause_reason", sa.String(20), nullable=False),
        sa.Column("pause_code", sa.Integer(), nullable=True),
        sa.Column("template", sa.String(600), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("try_anyway", sa.Boolean(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.String(200), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_campaigns_state"), "campaigns", ["state"], if_not_exists=True)
    op.create_table(
        RECIPIENTS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("found_by", sa.String(120), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("conversation_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_recipients_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_campaign_recipients_conversation_id_conversations"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_campaign_recipients_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_recipients")),
        sa.UniqueConstraint("campaign_id", "line", name=op.f("uq_campaign_recipients_campaign_id_line")),
        sa.UniqueConstraint(
            "campaign_id", "found_by", name=op.f("uq_campaign_recipients_campaign_id_found_by")
        ),
        sa.UniqueConstraint("message_id", name=op.f("uq_campaign_recipients_message_id")),
        if_not_exists=True,
    )
    for name, columns in INDEXES.items():
        op.create_index(name, RECIPIENTS, columns, if_not_exists=True)


def downgrade() -> None:
    op.drop_table(RECIPIENTS)
    op.drop_table("campaigns")
