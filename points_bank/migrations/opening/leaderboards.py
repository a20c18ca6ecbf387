"""Boards and their editions."""

import sqlalchemy as sa
from alembic import op


def create_leaderboards() -> None:
    op.create_table(
        "leaderboard",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("period", sa.String(length=32), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("population", sa.String(length=32), nullable=False),
        sa.Column("top", sa.Integer(), nullable=False),
        sa.Column("publish_day", sa.Integer(), nullable=False),
        sa.Column("publish_time", sa.Time(), nullable=False),
        sa.Column("objection_working_days", sa.Integer(), nullable=False),
        sa.Column("next_period_on", sa.Date(), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("measure IN ('points', 'minutes', 'sessions')", name=op.f("ck_leaderboard_measure")),
        sa.CheckConstraint("period IN ('week', 'month', 'quarter', 'year')", name=op.f("ck_leaderboard_period")),
        sa.CheckConstraint(
            "population IN ('everyone', 'residents', 'party_members')", name=op.f("ck_leaderboard_population")
        ),
        sa.CheckConstraint(
            "publish_day BETWEEN 1 AND CASE period WHEN 'week' THEN 7 ELSE 28 END",
            name=op.f("ck_leaderboard_publish_day"),
        ),
        sa.CheckConstraint("role IN ('publicity', 'mediation', 'service')", name=op.f("ck_leaderboard_role")),
        sa.CheckConstraint("objection_working_days BETWEEN 0 AND 60", name=op.f("ck_leaderboard_objection")),
        sa.CheckConstraint("top BETWEEN 1 AND 1000", name=op.f("ck_leaderboard_top")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_leaderboard_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaderboard")),
    )
    op.create_index(op.f("ix_leaderboard_branch_id"), "leaderboard", ["branch_id"], unique=False)
    op.create_index("ix_leaderboard_next_due_at", "leaderboard", ["next_due_at"], unique=False)


def create_editions() -> None:
    op.create_table(
        "edition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("board_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finalises_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finalised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ledger_position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'final') = (finalised_at IS NOT NULL)", name=op.f("ck_edition_finality")),
        sa.CheckConstraint("state IN ('provisional', 'final')", name=op.f("ck_edition_state")),
        sa.ForeignKeyConstraint(["board_id"], ["leaderboard.id"], name=op.f("fk_edition_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("board_id", "period", name=op.f("uq_edition_board_id_period")),
    )
    op.create_index("ix_edition_finalises_at", "edition", ["state", "finalises_at"], unique=False)
    op.create_table(
        "standing",
        sa.Column("edition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_standing_edition_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_standing_member_id")),
        sa.PrimaryKeyConstraint("edition_id", "member_id", name=op.f("pk_standing")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_standing_value", "standing", ["edition_id", "value"], unique=False)
