"""Call-backs, doubts, reviews and suspensions."""

import sqlalchemy as sa
from alembic import op


def create_call_backs() -> None:
    op.create_table(
        "call_back_sample",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("drawn_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_call_back_sample_size")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_call_back_sample_activity_id")),
        sa.ForeignKeyConstraint(["drawn_by_id"], ["staff.id"], name=op.f("fk_call_back_sample_drawn_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back_sample")),
        sa.UniqueConstraint("activity_id", name=op.f("uq_call_back_sample_activity_id")),
    )
    op.create_table(
        "call_back",
        sa.Column("participation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sample_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("called_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.CheckConstraint("answer IN ('confirmed', 'denied', 'not_reached')", name=op.f("ck_call_back_answer")),
        sa.CheckConstraint(
            "(answer IS NULL) = (called_at IS NULL) AND (answer IS NULL) = (called_by_id IS NULL)",
            name=op.f("ck_call_back_called"),
        ),
        sa.ForeignKeyConstraint(["called_by_id"], ["staff.id"], name=op.f("fk_call_back_called_by_id")),
        sa.ForeignKeyConstraint(["participation_id"], ["participation.id"], name=op.f("fk_call_back_participation_id")),
        sa.ForeignKeyConstraint(["sample_id"], ["call_back_sample.id"], name=op.f("fk_call_back_sample_id")),
        sa.PrimaryKeyConstraint("participation_id", name=op.f("pk_call_back")),
    )
    op.create_index(op.f("ix_call_back_sample_id"), "call_back", ["sample_id"], unique=False)


def create_doubts() -> None:
    op.create_table(
        "participation_freeze",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("thawed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_participation_freeze_participation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participation_freeze")),
    )
    op.create_index("ix_participation_freeze_cause", "participation_freeze", ["cause"], unique=False)
    op.create_index(
        "uq_participation_freeze_open",
        "participation_freeze",
        ["participation_id", "cause"],
        unique=True,
        sqlite_where=sa.text("thawed_at IS NULL"),
        postgresql_where=sa.text("thawed_at IS NULL"),
    )
    op.create_table(
        "correction_rules",
        sa.Column("correction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["correction_id"], ["correction.id"], name=op.f("fk_correction_rules_correction_id")),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_set.id"], name=op.f("fk_correction_rules_rule_set_id")),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_correction_rules")),
    )
    op.create_table(
        "objection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("raised_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("raised_by_member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_upheld", sa.Boolean(), nullable=True),
        sa.Column("resolution", sa.String(length=500), nullable=True),
        sa.Column("resolved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("correction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(is_upheld IS NULL) = (resolved_at IS NULL)", name=op.f("ck_objection_resolution")),
        sa.CheckConstraint("(raised_by_id IS NULL) <> (raised_by_member_id IS NULL)", name=op.f("ck_objection_raiser")),
        sa.CheckConstraint(
            "resolved_by_id IS NULL OR raised_by_id IS NULL OR resolved_by_id <> raised_by_id",
            name=op.f("ck_objection_two_people"),
        ),
        sa.ForeignKeyConstraint(["correction_id"], ["correction.id"], name=op.f("fk_objection_correction_id")),
        sa.ForeignKeyConstraint(["participation_id"], ["participation.id"], name=op.f("fk_objection_participation_id")),
        sa.ForeignKeyConstraint(["raised_by_id"], ["staff.id"], name=op.f("fk_objection_raised_by_id")),
        sa.ForeignKeyConstraint(["raised_by_member_id"], ["member.id"], name=op.f("fk_objection_raised_by_member_id")),
        sa.ForeignKeyConstraint(["resolved_by_id"], ["staff.id"], name=op.f("fk_objection_resolved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
    )
    op.create_index("ix_objection_participation_id", "objection", ["participation_id"], unique=False)
    op.create_index("ix_objection_raised_by_member_id", "objection", ["raised_by_member_id"], unique=False)
    op.create_index(
        "uq_objection_pending",
        "objection",
        ["participation_id"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def create_reviews() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("recorder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("opened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=500), nullable=True),
        sa.CheckConstraint("(decided_by_id IS NULL) = (decided_at IS NULL)", name=op.f("ck_review_decision")),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> opened_by_id", name=op.f("ck_review_two_people")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_review_branch_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_review_decided_by_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["staff.id"], name=op.f("fk_review_opened_by_id")),
        sa.ForeignKeyConstraint(["recorder_id"], ["staff.id"], name=op.f("fk_review_recorder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_branch_id", "review", ["branch_id"], unique=False)
    op.create_table(
        "review_entry",
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state_before", sa.String(length=32), nullable=False),
        sa.Column("minutes_before", sa.Integer(), nullable=False),
        sa.Column("points_before", sa.Integer(), nullable=False),
        sa.Column("is_false", sa.Boolean(), nullable=True),
        sa.Column("correction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "state_before IN ('logged', 'held', 'under_notice', 'frozen', 'settled', 'rejected')",
            name=op.f("ck_review_entry_state_before"),
        ),
        sa.ForeignKeyConstraint(["correction_id"], ["correction.id"], name=op.f("fk_review_entry_correction_id")),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_review_entry_participation_id")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_entry_review_id")),
        sa.PrimaryKeyConstraint("review_id", "participation_id", name=op.f("pk_review_entry")),
    )
    op.create_index(op.f("ix_review_entry_participation_id"), "review_entry", ["participation_id"], unique=False)


def create_suspensions() -> None:
    op.create_table(
        "suspension",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("barred_until_on", sa.Date(), nullable=True),
        sa.Column("appeal", sa.String(length=500), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appealed_by", sa.String(length=40), nullable=True),
        sa.Column("appeal_is_upheld", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("answered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("(answered_at IS NULL) = (appeal_is_upheld IS NULL)", name=op.f("ck_suspension_answer")),
        sa.CheckConstraint("(appeal IS NULL) = (appealed_at IS NULL)", name=op.f("ck_suspension_appeal")),
        sa.CheckConstraint(
            "(barred_until_on IS NOT NULL) = (is_approved IS NOT NULL AND is_approved)",
            name=op.f("ck_suspension_barred"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_suspension_ended")),
        sa.CheckConstraint("(is_approved IS NULL) = (decided_at IS NULL)", name=op.f("ck_suspension_decision")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name=op.f("ck_suspension_two_people")
        ),
        sa.ForeignKeyConstraint(["answered_by_id"], ["staff.id"], name=op.f("fk_suspension_answered_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_suspension_decided_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["staff.id"], name=op.f("fk_suspension_ended_by_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_suspension_member_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["staff.id"], name=op.f("fk_suspension_proposed_by_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_suspension_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
    )
    op.create_index("ix_suspension_member_id", "suspension", ["member_id", "until_on"], unique=False)
    op.create_index(
        "uq_suspension_pending",
        "suspension",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
