"""Add what the depth needs: tables of their own, and what a few that stood have come to tell as well."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

from points_bank.migrations.depth.certificates import create_certificates
from points_bank.migrations.depth.doubts import create_call_backs, create_doubts, create_reviews, create_suspensions
from points_bank.migrations.depth.gifts import create_help_pool
from points_bank.migrations.depth.imports import create_import_rows, create_imports
from points_bank.migrations.depth.ledger import create_extensions, create_seals
from points_bank.migrations.depth.members import create_households, create_mergers, create_proxies
from points_bank.migrations.depth.messages import create_reminders_and_messages
from points_bank.migrations.depth.reports import create_month_closes
from points_bank.migrations.depth.rewards import create_sponsors, create_write_offs
from points_bank.migrations.depth.waiting import create_waiting
from points_bank.migrations.rows import keep_for_ever

revision = "0002"
down_revision = "0001"


NEVER_CHANGED = (
    "donation",
    "extended_lot",
    "sponsored_receipt",
    "seal",
    "month_close",
    "report_figure",
    "report_signature",
    "report_tally",
)
"""New tables whose rows are never updated and never deleted."""


def upgrade() -> None:
    create_tables()
    change_tables()
    for table in NEVER_CHANGED:
        keep_for_ever(table)
    if op.get_bind().dialect.name == "sqlite":
        keep_for_ever("transfer")


def change_tables() -> None:
    """A table that SQLite makes anew for its constraints loses its triggers, which are put back after this."""
    recreate: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("transfer", recreate=recreate) as transfer:
        transfer.drop_constraint("ck_transfer_kind", type_="check")
        transfer.create_check_constraint(
            op.f("ck_transfer_kind"),
            "kind IN ('award', 'reversal', 'redemption', 'hold', 'collection', 'release', 'refund', 'lapse', 'reinstatement', 'donation', 'gift', 'grant', 'opening', 'merger')",
        )
    with op.batch_alter_table("activity", recreate=recreate) as activity:
        activity.add_column(sa.Column("headcount", sa.Integer(), nullable=True))
        activity.create_check_constraint(op.f("ck_activity_headcount"), "headcount >= 0")
    with op.batch_alter_table("member", recreate=recreate) as member:
        member.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        member.create_check_constraint(
            op.f("ck_member_erasure"),
            "erased_at IS NULL OR (closed_at IS NOT NULL AND phone IS NULL AND born_on IS NULL)",
        )
    with op.batch_alter_table("participation", recreate=recreate) as participation:
        participation.add_column(sa.Column("settles_at", sa.DateTime(timezone=True), nullable=True))
        participation.drop_constraint("ck_participation_state", type_="check")
        participation.create_check_constraint(
            op.f("ck_participation_state"),
            "state IN ('logged', 'held', 'under_notice', 'frozen', 'settled', 'rejected')",
        )
        participation.create_check_constraint(
            op.f("ck_participation_freed"), "settles_at IS NULL OR state = 'under_notice'"
        )
    with op.batch_alter_table("redemption", recreate=recreate) as redemption:
        redemption.add_column(
            sa.Column("household_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        redemption.add_column(
            sa.Column("proxy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        redemption.add_column(sa.Column("is_pooled", sa.Boolean(), server_default=sa.false(), nullable=False))
        redemption.create_foreign_key(op.f("fk_redemption_household_id"), "household", ["household_id"], ["id"])
        redemption.create_foreign_key(op.f("fk_redemption_proxy_id"), "proxy", ["proxy_id"], ["id"])
        redemption.create_check_constraint(op.f("ck_redemption_pool"), "is_pooled = false OR household_id IS NOT NULL")
    with op.batch_alter_table("desk", recreate=recreate) as desk:
        desk.add_column(sa.Column("opening", sa.JSON(), nullable=True))
    change_indexes()


def change_indexes() -> None:
    op.drop_index("ix_member_name", "member")
    op.drop_index("ix_redemption_expires_at", "redemption")
    op.drop_index("ix_participation_board", "participation")
    op.create_index("ix_member_name", "member", ["name", "born_on"], unique=False)
    op.create_index("ix_activity_recorded_by_id", "activity", ["recorded_by_id", "recorded_at"], unique=False)
    op.create_index(
        "ix_redemption_expires_at",
        "redemption",
        ["state", "expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_redemption_household_id",
        "redemption",
        ["household_id", "month"],
        unique=False,
        sqlite_where=sa.text("household_id IS NOT NULL"),
        postgresql_where=sa.text("household_id IS NOT NULL"),
    )
    op.create_index(
        "ix_redemption_proxy_id",
        "redemption",
        ["proxy_id"],
        unique=False,
        sqlite_where=sa.text("proxy_id IS NOT NULL"),
        postgresql_where=sa.text("proxy_id IS NOT NULL"),
    )
    op.create_index(
        "ix_participation_board",
        "participation",
        ["service_on", "settled_at", "member_id", "role", "points", "minutes", "state"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NOT NULL"),
        postgresql_where=sa.text("settled_at IS NOT NULL"),
    )
    op.create_index(
        "ix_participation_settles_at",
        "participation",
        ["settles_at"],
        unique=False,
        sqlite_where=sa.text("settles_at IS NOT NULL"),
        postgresql_where=sa.text("settles_at IS NOT NULL"),
    )


def create_tables() -> None:
    """Each after those that it refers to."""
    create_month_closes()
    create_extensions()
    create_reminders_and_messages()
    create_seals()
    create_imports()
    create_import_rows()
    create_mergers()
    create_households()
    create_proxies()
    create_help_pool()
    create_waiting()
    create_sponsors()
    create_write_offs()
    create_certificates()
    create_call_backs()
    create_doubts()
    create_reviews()
    create_suspensions()
