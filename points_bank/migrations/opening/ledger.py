"""Accounts, transfers and lots."""

import sqlalchemy as sa
from alembic import op


def create_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("balance_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("honour_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service_minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activities", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'member') = (balance_points IS NOT NULL)", name=op.f("ck_account_balance")),
        sa.CheckConstraint(
            "kind IN ('member', 'issue', 'held', 'redeemed', 'lapsed', 'donated', 'adjustment', 'opening')",
            name=op.f("ck_account_kind"),
        ),
        sa.CheckConstraint("honour_points >= 0", name=op.f("ck_account_honour")),
        sa.CheckConstraint("service_minutes >= 0 AND activities >= 0", name=op.f("ck_account_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("kind", "owner_id", name=op.f("uq_account_kind_owner_id")),
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("debit_account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credit_account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_points", sa.Integer(), nullable=False),
        sa.Column("debit_balance_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("credit_balance_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "kind IN ('award', 'reversal', 'redemption', 'hold', 'collection', 'release', 'refund', 'lapse')",
            name=op.f("ck_transfer_kind"),
        ),
        sa.CheckConstraint("amount_points > 0", name=op.f("ck_transfer_amount")),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name=op.f("ck_transfer_accounts")),
        sa.ForeignKeyConstraint(["credit_account_id"], ["account.id"], name=op.f("fk_transfer_credit_account_id")),
        sa.ForeignKeyConstraint(["debit_account_id"], ["account.id"], name=op.f("fk_transfer_debit_account_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["transfer.id"], name=op.f("fk_transfer_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("kind", "reference", name=op.f("uq_transfer_kind_reference")),
    )
    op.create_index(
        "ix_transfer_credit",
        "transfer",
        ["credit_account_id"],
        unique=False,
        sqlite_where=sa.text("credit_balance_points IS NOT NULL"),
        postgresql_where=sa.text("credit_balance_points IS NOT NULL"),
    )
    op.create_index(
        "ix_transfer_debit",
        "transfer",
        ["debit_account_id"],
        unique=False,
        sqlite_where=sa.text("debit_balance_points IS NOT NULL"),
        postgresql_where=sa.text("debit_balance_points IS NOT NULL"),
    )
    op.create_index(
        "ix_transfer_reverses_id",
        "transfer",
        ["reverses_id"],
        unique=False,
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )


def create_lots() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lapses_on", sa.Date(), nullable=False),
        sa.Column("extension_order", sa.String(length=40), nullable=False),
        sa.Column("remaining_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("remaining_points >= 0", name=op.f("ck_lot_remaining")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lot_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint(
            "account_id", "lapses_on", "extension_order", name=op.f("uq_lot_account_id_lapses_on_extension_order")
        ),
    )
    op.create_index(
        "ix_lot_lapses_on",
        "lot",
        ["lapses_on"],
        unique=False,
        sqlite_where=sa.text("remaining_points > 0"),
        postgresql_where=sa.text("remaining_points > 0"),
    )
    op.create_table(
        "lot_use",
        sa.Column("transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.CheckConstraint("points <> 0", name=op.f("ck_lot_use_points")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_use_lot_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_lot_use_transfer_id")),
        sa.PrimaryKeyConstraint("transfer_id", "lot_id", name=op.f("pk_lot_use")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_lot_use_lot_id"), "lot_use", ["lot_id"], unique=False)
