"""Extensions and seals."""

import sqlalchemy as sa
from alembic import op


def create_extensions() -> None:
    op.create_table(
        "extension_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=32), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lapses_on", sa.Date(), nullable=False),
        sa.Column("new_lapses_on", sa.Date(), nullable=False),
        sa.Column("homes_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("new_lapses_on > lapses_on", name=op.f("ck_extension_order_dates")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_extension_order_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_order")),
        sa.UniqueConstraint("order_no", name=op.f("uq_extension_order_order_no")),
    )
    op.create_index(op.f("ix_extension_order_branch_id"), "extension_order", ["branch_id"], unique=False)
    op.create_table(
        "extended_lot",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("remaining_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reinstated_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("remaining_points >= 0 AND reinstated_points >= 0", name=op.f("ck_extended_lot_points")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_extended_lot_lot_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_extended_lot_member_id")),
        sa.ForeignKeyConstraint(["order_id"], ["extension_order.id"], name=op.f("fk_extended_lot_order_id")),
        sa.PrimaryKeyConstraint("order_id", "lot_id", name=op.f("pk_extended_lot")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_extended_lot_lot_id"), "extended_lot", ["lot_id"], unique=False)


def create_seals() -> None:
    op.create_table(
        "seal",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("transfers > 0 AND first_transfer_id <= last_transfer_id", name=op.f("ck_seal_transfers")),
        sa.ForeignKeyConstraint(["first_transfer_id"], ["transfer.id"], name=op.f("fk_seal_first_transfer_id")),
        sa.ForeignKeyConstraint(["last_transfer_id"], ["transfer.id"], name=op.f("fk_seal_last_transfer_id")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_seal")),
        sa.UniqueConstraint("head", name=op.f("uq_seal_head")),
        sa.UniqueConstraint("last_transfer_id", name=op.f("uq_seal_last_transfer_id")),
        sa.UniqueConstraint("previous", name=op.f("uq_seal_previous")),
    )
