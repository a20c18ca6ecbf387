"""Redemptions."""

import sqlalchemy as sa
from alembic import op


def create_redemptions() -> None:
    op.create_table(
        "redemption",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("desk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("amount_points", sa.Integer(), nullable=False),
        sa.Column("balance_points", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_by", sa.String(length=40), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=40), nullable=True),
        sa.Column("ending_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "state IN ('reserved', 'collected', 'cancelled', 'expired')", name=op.f("ck_redemption_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('reserved', 'expired') OR expires_at IS NOT NULL", name=op.f("ck_redemption_reservation")
        ),
        sa.CheckConstraint("amount_points > 0", name=op.f("ck_redemption_amount")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_redemption_desk_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_redemption_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
    )
    op.create_index("ix_redemption_desk_id", "redemption", ["desk_id", "collected_at"], unique=False)
    op.create_index(
        "ix_redemption_ended_at",
        "redemption",
        ["desk_id", "ended_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index("ix_redemption_expires_at", "redemption", ["state", "expires_at"], unique=False)
    op.create_index("ix_redemption_member_id", "redemption", ["member_id", "month"], unique=False)
    op.create_table(
        "redemption_item",
        sa.Column("redemption_id", sa.Integer(), nullable=False),
        sa.Column("reward_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("cost_points", sa.Integer(), nullable=False),
        sa.CheckConstraint("cost_points > 0", name=op.f("ck_redemption_item_cost")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_redemption_item_quantity")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_redemption_item_redemption_id")),
        sa.ForeignKeyConstraint(["reward_id"], ["reward.id"], name=op.f("fk_redemption_item_reward_id")),
        sa.PrimaryKeyConstraint("redemption_id", "reward_id", name=op.f("pk_redemption_item")),
    )
