"""Browsing: indexes by which operators' pages open as fast with a long past as with none"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PLAIN = (
    ("contacts", "ix_contacts_wrote_at", ["wrote_at"]),
    ("turns", "ix_turns_created_at", ["created_at"]),
    ("handoffs", "ix_handoffs_owner", ["owner"]),
    ("messages", "ix_messages_created_at", ["created_at"]),
)
_OF_SOME = (
    ("conversations", "ix_conversations_human_until", ["human_until"], "human_until IS NOT NULL"),
    ("conversations", "ix_conversations_phone", ["created_at"], "channel = 'phone'"),
    ("conversations", "ix_conversations_whatsapp", ["created_at"], "channel = 'whatsapp'"),
    ("conversations", "ix_conversations_chat", ["created_at"], "channel = 'chat'"),
    ("messages", "ix_messages_lost", ["id"], "status IN ('failed', 'undelivered')"),
)


def upgrade() -> None:
    for table, name, columns in _PLAIN:
        op.create_index(name, table, columns, unique=False)
    for table, name, columns, condition in _OF_SOME:
        where = sa.text(condition)
        op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for table, name, *_ in reversed((*_PLAIN, *_OF_SOME)):
        op.drop_index(name, table_name=table)
