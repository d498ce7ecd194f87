"""WhatsApp's user ids: somebody who shows no number is a contact too"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("whatsapp_user_id", sa.String(160), nullable=True))
    op.create_index("ix_contacts_whatsapp_user_id", "contacts", ["whatsapp_user_id"])


def downgrade() -> None:
    op.drop_index("ix_contacts_whatsapp_user_id", "contacts")
    op.drop_column("contacts", "whatsapp_user_id")
