"""Sponsors and write-offs."""

import sqlalchemy as sa
from alembic import op


def create_sponsors() -> None:
    op.create_table(
        "sponsor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_sponsor_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsor")),
        sa.UniqueConstraint("branch_id", "name", name=op.f("uq_sponsor_branch_id_name")),
    )
    op.create_table(
        "sponsored_receipt",
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sponsor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["movement_id"], ["stock_movement.id"], name=op.f("fk_sponsored_receipt_movement_id")),
        sa.ForeignKeyConstraint(["sponsor_id"], ["sponsor.id"], name=op.f("fk_sponsored_receipt_sponsor_id")),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_sponsored_receipt")),
    )
    op.create_index(op.f("ix_sponsored_receipt_sponsor_id"), "sponsored_receipt", ["sponsor_id"], unique=False)


def create_write_offs() -> None:
    op.create_table(
        "write_off",
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("returned_movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_write_off_decision")),
        sa.CheckConstraint(
            "(state = 'rejected') = (returned_movement_id IS NOT NULL)", name=op.f("ck_write_off_returned")
        ),
        sa.CheckConstraint("state IN ('proposed', 'confirmed', 'rejected')", name=op.f("ck_write_off_state")),
        sa.ForeignKeyConstraint(["movement_id"], ["stock_movement.id"], name=op.f("fk_write_off_movement_id")),
        sa.ForeignKeyConstraint(
            ["returned_movement_id"], ["stock_movement.id"], name=op.f("fk_write_off_returned_movement_id")
        ),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_write_off")),
    )
