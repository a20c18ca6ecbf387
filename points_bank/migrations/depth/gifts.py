"""The help pool."""

import sqlalchemy as sa
from alembic import op


def create_help_pool() -> None:
    op.create_table(
        "help_pool",
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("remaining_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("remaining_points >= 0", name=op.f("ck_help_pool_remaining")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_help_pool_branch_id")),
        sa.PrimaryKeyConstraint("branch_id", name=op.f("pk_help_pool")),
    )
    op.create_table(
        "donation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receiver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("(receiver_id IS NULL) <> (branch_id IS NULL)", name=op.f("ck_donation_receiver")),
        sa.CheckConstraint("points > 0", name=op.f("ck_donation_points")),
        sa.CheckConstraint("receiver_id IS NULL OR receiver_id <> member_id", name=op.f("ck_donation_other")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_donation_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_donation_member_id")),
        sa.ForeignKeyConstraint(["receiver_id"], ["member.id"], name=op.f("fk_donation_receiver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_donation")),
    )
    op.create_index("ix_donation_branch_id", "donation", ["branch_id"], unique=False)
    op.create_index(op.f("ix_donation_member_id"), "donation", ["member_id"], unique=False)
    op.create_table(
        "help_pool_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_help_pool_grant_decision")),
        sa.CheckConstraint("state IN ('proposed', 'granted', 'rejected')", name=op.f("ck_help_pool_grant_state")),
        sa.CheckConstraint("points > 0", name=op.f("ck_help_pool_grant_points")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_help_pool_grant_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_help_pool_grant_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_pool_grant")),
    )
    op.create_index("ix_help_pool_grant_branch_id", "help_pool_grant", ["branch_id", "state"], unique=False)
    op.create_index(op.f("ix_help_pool_grant_member_id"), "help_pool_grant", ["member_id"], unique=False)
