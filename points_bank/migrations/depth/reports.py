"""Closed months."""

import sqlalchemy as sa
from alembic import op


def create_month_closes() -> None:
    op.create_table(
        "month_close",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after_transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counted_position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ledger_position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_close")),
        sa.UniqueConstraint("period", name=op.f("uq_month_close_period")),
    )
    op.create_table(
        "report_figure",
        sa.Column("close_id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("figure", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "figure IN ('opening_points', 'brought_in_points', 'issued_points', 'reversed_points', 'redeemed_points', 'refunded_points', 'lapsed_points', 'reinstated_points', 'donated_points', 'granted_points', 'moved_points', 'closing_points', 'lapsing_points', 'waiting_entries', 'corrected_minutes')",
            name=op.f("ck_report_figure_figure"),
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_report_figure_branch_id")),
        sa.ForeignKeyConstraint(["close_id"], ["month_close.id"], name=op.f("fk_report_figure_close_id")),
        sa.PrimaryKeyConstraint("close_id", "branch_id", "figure", name=op.f("pk_report_figure")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "report_tally",
        sa.Column("close_id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("cut", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("activities", sa.Integer(), nullable=False),
        sa.Column("participations", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("cut IN ('all', 'role', 'theme', 'management_mode')", name=op.f("ck_report_tally_cut")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_report_tally_branch_id")),
        sa.ForeignKeyConstraint(["close_id"], ["month_close.id"], name=op.f("fk_report_tally_close_id")),
        sa.PrimaryKeyConstraint("close_id", "branch_id", "cut", "value", name=op.f("pk_report_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "report_signature",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("close_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_report_signature_branch_id")),
        sa.ForeignKeyConstraint(["close_id"], ["month_close.id"], name=op.f("fk_report_signature_close_id")),
        sa.ForeignKeyConstraint(["signed_by_id"], ["staff.id"], name=op.f("fk_report_signature_signed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_signature")),
        sa.UniqueConstraint("close_id", "branch_id", name=op.f("uq_report_signature_close_id_branch_id")),
    )
