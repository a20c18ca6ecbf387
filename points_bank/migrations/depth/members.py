"""Mergers, households and proxies."""

import sqlalchemy as sa
from alembic import op


def create_mergers() -> None:
    op.create_table(
        "member_merger",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("into_member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("leads_to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("merged_by", sa.String(length=40), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "member_id <> into_member_id AND member_id <> leads_to_id", name=op.f("ck_member_merger_two_members")
        ),
        sa.ForeignKeyConstraint(["into_member_id"], ["member.id"], name=op.f("fk_member_merger_into_member_id")),
        sa.ForeignKeyConstraint(["leads_to_id"], ["member.id"], name=op.f("fk_member_merger_leads_to_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_merger_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_merger")),
    )
    op.create_index(op.f("ix_member_merger_leads_to_id"), "member_merger", ["leads_to_id"], unique=False)


def create_households() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_household_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
    )
    op.create_index("ix_household_branch_id", "household", ["branch_id", "label"], unique=False)
    op.create_table(
        "household_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("household_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("left_at IS NULL OR left_at >= joined_at", name=op.f("ck_household_member_times")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_household_member_household_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_household_member_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_member")),
    )
    op.create_index("ix_household_member_household_id", "household_member", ["household_id"], unique=False)
    op.create_index(
        "uq_household_member_present",
        "household_member",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "redemption_payment",
        sa.Column("redemption_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("guardian_agreed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_redemption_payment_points")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_redemption_payment_member_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_redemption_payment_redemption_id")),
        sa.PrimaryKeyConstraint("redemption_id", "member_id", name=op.f("pk_redemption_payment")),
    )
    op.create_index("ix_redemption_payment_member_id", "redemption_payment", ["member_id"], unique=False)


def create_proxies() -> None:
    op.create_table(
        "proxy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=True),
        sa.Column("paper_reference", sa.String(length=80), nullable=False),
        sa.Column("authorised_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("limit_points", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("limit_points > 0", name=op.f("ck_proxy_limit")),
        sa.CheckConstraint("until_on >= authorised_on", name=op.f("ck_proxy_dates")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_proxy_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proxy")),
    )
    op.create_index("ix_proxy_member_id", "proxy", ["member_id"], unique=False)
    op.create_index(
        "ix_proxy_until_on",
        "proxy",
        ["until_on"],
        unique=False,
        sqlite_where=sa.text("name IS NOT NULL"),
        postgresql_where=sa.text("name IS NOT NULL"),
    )
