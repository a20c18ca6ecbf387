"""Add what the depth needs: tables of their own, and what a few that stood have come to tell as well."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

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


def keep_for_ever(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for deed, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed} BEFORE {deed.upper()} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION keep_rows()"
            )
        return
    for deed in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{deed} BEFORE {deed.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed or deleted'); END"
        )


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


def create_extensions() -> None:
    op.create_table(
        "extension_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=32), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lapses_on", sa.Date(), nullable=False),
        sa.Column("new_lapses_on", sa.Date(), nullable=False),
        sa.Column("homes_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("new_lapses_on > lapses_on", name=op.f("ck_extension_order_dates")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_extension_order_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_order")),
        sa.UniqueConstraint("order_no", name=op.f("uq_extension_order_order_no")),
    )
    op.create_index(op.f("ix_extension_order_branch_id"), "extension_order", ["branch_id"], unique=False)
    op.create_table(
        "extended_lot",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("remaining_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reinstated_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("remaining_points >= 0 AND reinstated_points >= 0", name=op.f("ck_extended_lot_points")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_extended_lot_lot_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_extended_lot_member_id")),
        sa.ForeignKeyConstraint(["order_id"], ["extension_order.id"], name=op.f("fk_extended_lot_order_id")),
        sa.PrimaryKeyConstraint("order_id", "lot_id", name=op.f("pk_extended_lot")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_extended_lot_lot_id"), "extended_lot", ["lot_id"], unique=False)


def create_reminders_and_messages() -> None:
    op.create_table(
        "reminder",
        sa.Column("lapses_on", sa.Date(), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("last_lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("lapses_on", "days_before", name=op.f("pk_reminder")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("once", sa.String(length=80), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.CheckConstraint("(sent_at IS NULL) = (channel IS NULL)", name=op.f("ck_message_sending")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_message_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("once", name=op.f("uq_message_once")),
    )
    op.create_index("ix_message_member_id", "message", ["member_id", "id"], unique=False)
    op.create_index(
        "ix_message_unsent",
        "message",
        ["id"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )


def create_seals() -> None:
    op.create_table(
        "seal",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("transfers > 0 AND first_transfer_id <= last_transfer_id", name=op.f("ck_seal_transfers")),
        sa.ForeignKeyConstraint(["first_transfer_id"], ["transfer.id"], name=op.f("fk_seal_first_transfer_id")),
        sa.ForeignKeyConstraint(["last_transfer_id"], ["transfer.id"], name=op.f("fk_seal_last_transfer_id")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_seal")),
        sa.UniqueConstraint("head", name=op.f("uq_seal_head")),
        sa.UniqueConstraint("last_transfer_id", name=op.f("uq_seal_last_transfer_id")),
        sa.UniqueConstraint("previous", name=op.f("uq_seal_previous")),
    )


def create_imports() -> None:
    op.create_table(
        "import_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("choice", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("new_rows", sa.Integer(), nullable=False),
        sa.Column("known_rows", sa.Integer(), nullable=False),
        sa.Column("refused_rows", sa.Integer(), nullable=False),
        sa.Column("sent_by", sa.String(length=40), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (ended_at IS NOT NULL)", name=op.f("ck_import_file_end")),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> sent_by OR approved_by = 'system'",
            name=op.f("ck_import_file_two_people"),
        ),
        sa.CheckConstraint("choice IN ('good_rows', 'all_or_nothing')", name=op.f("ck_import_file_choice")),
        sa.CheckConstraint(
            "kind IN ('members', 'households', 'activities', 'balances', 'sheet')", name=op.f("ck_import_file_kind")
        ),
        sa.CheckConstraint("state IN ('proposed', 'running', 'done', 'refused')", name=op.f("ck_import_file_state")),
        sa.CheckConstraint("rows_done = new_rows + known_rows + refused_rows", name=op.f("ck_import_file_rows")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_import_file_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_import_file_content_hash")),
    )
    op.create_index(op.f("ix_import_file_branch_id"), "import_file", ["branch_id"], unique=False)


def create_import_rows() -> None:
    op.create_table(
        "import_row",
        sa.Column("identity", sa.LargeBinary(length=16), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name=op.f("fk_import_row_import_id")),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_subject", "import_row", ["import_id", "subject_id"], unique=False)
    op.create_table(
        "import_refusal",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name=op.f("fk_import_refusal_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_refusal")),
    )


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


def create_waiting() -> None:
    op.create_table(
        "waiting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("desk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reward_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_by", sa.String(length=40), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'told', 'served', 'left')", name=op.f("ck_waiting_state")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_waiting_desk_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_waiting_member_id")),
        sa.ForeignKeyConstraint(["reward_id"], ["reward.id"], name=op.f("fk_waiting_reward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
    )
    op.create_index(
        "ix_waiting_line",
        "waiting",
        ["desk_id", "reward_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_waiting_open",
        "waiting",
        ["member_id", "reward_id", "desk_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'told')"),
        postgresql_where=sa.text("state IN ('waiting', 'told')"),
    )


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


def create_certificates() -> None:
    op.create_table(
        "certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service_minutes", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("issued_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revocation_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revocation_reason IS NULL)", name=op.f("ck_certificate_revocation")
        ),
        sa.CheckConstraint("service_minutes > 0", name=op.f("ck_certificate_minutes")),
        sa.CheckConstraint("stars BETWEEN 0 AND 5", name=op.f("ck_certificate_stars")),
        sa.CheckConstraint("valid_at > issued_at", name=op.f("ck_certificate_publicity")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_certificate_branch_id")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["staff.id"], name=op.f("fk_certificate_issued_by_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_certificate_member_id")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["staff.id"], name=op.f("fk_certificate_revoked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
    )
    op.create_index("ix_certificate_branch_id", "certificate", ["branch_id", "valid_at"], unique=False)
    op.create_index("ix_certificate_member_id", "certificate", ["member_id", "id"], unique=False)
    op.create_table(
        "certificate_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("certificate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_request_certificate_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_certificate_request_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_request")),
    )
    op.create_index(
        "uq_certificate_request_open",
        "certificate_request",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("certificate_id IS NULL"),
        postgresql_where=sa.text("certificate_id IS NULL"),
    )


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
