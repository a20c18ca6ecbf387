"""Activities, their lines and corrections."""

import sqlalchemy as sa
from alembic import op


def create_activities() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("theme", sa.String(length=40), nullable=True),
        sa.Column("place", sa.String(length=100), nullable=True),
        sa.Column("evidence", sa.String(length=500), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("rule_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("settles_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('under_notice', 'settled')) = (settles_at IS NOT NULL)", name=op.f("ck_activity_notice")
        ),
        sa.CheckConstraint("role IN ('publicity', 'mediation', 'service')", name=op.f("ck_activity_role")),
        sa.CheckConstraint(
            "state IN ('logged', 'under_notice', 'settled', 'rejected', 'returned')", name=op.f("ck_activity_state")
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> recorded_by_id", name=op.f("ck_activity_two_people")
        ),
        sa.CheckConstraint("ended_at > started_at", name=op.f("ck_activity_times")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_activity_branch_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_activity_decided_by_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["staff.id"], name=op.f("fk_activity_recorded_by_id")),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_set.id"], name=op.f("fk_activity_rule_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_activity_fingerprint")),
    )
    op.create_index("ix_activity_branch_id", "activity", ["branch_id", "service_on"], unique=False)
    op.create_index("ix_activity_settles_at", "activity", ["state", "settles_at"], unique=False)


def create_participations() -> None:
    op.create_table(
        "participation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("rule_points", sa.Integer(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("case_reference", sa.String(length=40), nullable=True),
        sa.Column("case_outcome", sa.String(length=32), nullable=True),
        sa.Column("followed_up_on", sa.Date(), nullable=True),
        sa.Column("arithmetic", sa.JSON(), nullable=False),
        sa.Column("overlap_minutes", sa.Integer(), nullable=False),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name=op.f("ck_participation_settlement")),
        sa.CheckConstraint(
            "case_outcome IN ('settled', 'unsettled', 'referred')", name=op.f("ck_participation_case_outcome")
        ),
        sa.CheckConstraint("role IN ('publicity', 'mediation', 'service')", name=op.f("ck_participation_role")),
        sa.CheckConstraint(
            "state IN ('logged', 'held', 'under_notice', 'settled', 'rejected')", name=op.f("ck_participation_state")
        ),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_participation_times")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_participation_minutes")),
        sa.CheckConstraint("points >= 0", name=op.f("ck_participation_points")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_participation_activity_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_participation_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participation")),
        sa.UniqueConstraint("activity_id", "member_id", name=op.f("uq_participation_activity_id_member_id")),
    )
    op.create_index(
        "ix_participation_board",
        "participation",
        ["service_on", "settled_at", "member_id", "role", "points", "minutes", "state"],
        unique=False,
    )
    op.create_index(
        "ix_participation_case",
        "participation",
        ["case_reference"],
        unique=False,
        sqlite_where=sa.text("case_reference IS NOT NULL"),
        postgresql_where=sa.text("case_reference IS NOT NULL"),
    )
    op.create_index("ix_participation_member_id", "participation", ["member_id", "service_on", "state"], unique=False)


def create_corrections() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("minutes_before", sa.Integer(), nullable=False),
        sa.Column("minutes_after", sa.Integer(), nullable=False),
        sa.Column("points_before", sa.Integer(), nullable=False),
        sa.Column("points_after", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.Column("transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(is_approved IS NULL) = (decided_at IS NULL)", name=op.f("ck_correction_decision")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name=op.f("ck_correction_two_people")
        ),
        sa.CheckConstraint("minutes_after >= 0 AND minutes_before >= 0", name=op.f("ck_correction_minutes")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_correction_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_correction_participation_id")
        ),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["staff.id"], name=op.f("fk_correction_proposed_by_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_correction_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index("ix_correction_decided_at", "correction", ["decided_at"], unique=False)
    op.create_index("ix_correction_participation_id", "correction", ["participation_id"], unique=False)
    op.create_index(
        "uq_correction_pending",
        "correction",
        ["participation_id"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
