"""Rewards, desks and their stock."""

import sqlalchemy as sa
from alembic import op


def create_rewards() -> None:
    op.create_table(
        "desk",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_desk_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk")),
        sa.UniqueConstraint("code", name=op.f("uq_desk_code")),
    )
    op.create_index(op.f("ix_desk_branch_id"), "desk", ["branch_id"], unique=False)
    op.create_table(
        "reward",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("cost_points", sa.Integer(), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cost_points > 0", name=op.f("ck_reward_cost")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_reward_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward")),
        sa.UniqueConstraint("branch_id", "name", name=op.f("uq_reward_branch_id_name")),
    )
    op.create_table(
        "stock",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("reward_id", sa.Integer(), nullable=False),
        sa.Column("remaining_quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("remaining_quantity >= 0", name=op.f("ck_stock_remaining")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_stock_desk_id")),
        sa.ForeignKeyConstraint(["reward_id"], ["reward.id"], name=op.f("fk_stock_reward_id")),
        sa.PrimaryKeyConstraint("desk_id", "reward_id", name=op.f("pk_stock")),
    )
    op.create_index(op.f("ix_stock_reward_id"), "stock", ["reward_id"], unique=False)


def create_stock_movements() -> None:
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("desk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reward_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("redemption_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("moved_by", sa.String(length=40), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('received', 'counted', 'damaged', 'returned', 'redeemed', 'reserved', 'released', 'refunded')",
            name=op.f("ck_stock_movement_kind"),
        ),
        sa.CheckConstraint("quantity <> 0 OR kind = 'counted'", name=op.f("ck_stock_movement_quantity")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_stock_movement_desk_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_stock_movement_redemption_id")),
        sa.ForeignKeyConstraint(["reward_id"], ["reward.id"], name=op.f("fk_stock_movement_reward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
    )
    op.create_index(op.f("ix_stock_movement_redemption_id"), "stock_movement", ["redemption_id"], unique=False)
    op.create_index("ix_stock_movement_stock", "stock_movement", ["desk_id", "reward_id", "id"], unique=False)
