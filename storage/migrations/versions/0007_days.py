"""Days: what is counted of a day's messages is read from indexes alone; no browser's API is noted"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OF_A_DAY = ["created_at", "outbound", "conversation_id"]
_LOST = sa.text("status IN ('failed', 'undelivered')")


def upgrade() -> None:
    op.drop_index("ix_messages_created_at", table_name="messages")
    op.create_index("ix_messages_created_at_outbound_conversation_id", "messages", _OF_A_DAY, unique=False)
    op.create_index(
        "ix_messages_lost_created_at", "messages", ["created_at"], unique=False,
        sqlite_where=_LOST, postgresql_where=_LOST,
    )  # fmt: skip
    op.drop_column("browser_phones", "api_url")


def downgrade() -> None:
    op.add_column("browser_phones", sa.Column("api_url", sa.String(200), nullable=False, server_default=""))
    op.drop_index("ix_messages_lost_created_at", table_name="messages")
    op.drop_index("ix_messages_created_at_outbound_conversation_id", table_name="messages")
    op.create_index("ix_messages_created_at", "messages", ["created_at"], unique=False)
