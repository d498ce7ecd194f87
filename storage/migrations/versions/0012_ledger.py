"""The ledger: what costs, by account, kind and time

Where it was killed, it is begun again: SQLite commits each of these statements by itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("estimated", sa.BigInteger(), nullable=False),
        sa.Column("billed", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("account", "kind", "period", name=op.f("uq_ledger_account_kind_period")),
        if_not_exists=True,
    )
    op.create_index("ix_ledger_period", "ledger", ["period"], if_not_exists=True)
    refused = sa.text("refused > 0")
    op.create_index(
        "ix_ledger_refused", "ledger", ["period"],
        sqlite_where=refused, postgresql_where=refused, if_not_exists=True,
    )  # fmt: skip
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_entries_key")),
        if_not_exists=True,
    )
    reserved = sa.text("expires_at IS NOT NULL")
    op.create_index(
        "ix_ledger_entries_reserved", "ledger_entries", ["account", "kind"],
        sqlite_where=reserved, postgresql_where=reserved, if_not_exists=True,
    )  # fmt: skip
    op.create_index("ix_ledger_entries_created_at", "ledger_entries", ["created_at"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("ledger_entries")
    op.drop_table("ledger")
