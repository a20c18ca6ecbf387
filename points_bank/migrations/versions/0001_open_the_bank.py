"""Open the bank: all tables, and triggers that keep the books from being rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


KEPT_FOR_EVER = ("transfer", "lot_use", "audit", "stock_movement", "idempotency_key", "job_run", "rule_set")
"""Tables whose rows are never updated and never deleted."""


def upgrade() -> None:
    create_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION keep_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION '%: rows are never changed or deleted', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    for table in KEPT_FOR_EVER:
        keep_for_ever(table)


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


def create_tables() -> None:
    """Each after those that it refers to."""
    create_keep_track()
    create_branches()
    create_calendar()
    create_members()
    create_cards_and_consents()
    create_staff()
    create_tokens_and_visits()
    create_rules()
    create_accounts()
    create_lots()
    create_rewards()
    create_redemptions()
    create_stock_movements()
    create_activities()
    create_participations()
    create_corrections()
    create_leaderboards()
    create_editions()


def create_keep_track() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_actor", "audit", ["actor", "id"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["subject", "id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("caller", sa.String(length=40), nullable=False),
        sa.Column("route", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "route", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_job_run")),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_try")),
    )
    op.create_index("ix_sign_in_try_subject_hash", "sign_in_try", ["subject_hash", "tried_at"], unique=False)
    op.create_index(op.f("ix_sign_in_try_tried_at"), "sign_in_try", ["tried_at"], unique=False)


def create_branches() -> None:
    op.create_table(
        "branch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("management_mode", sa.String(length=32), nullable=True),
        sa.Column("valid_from_on", sa.Date(), nullable=True),
        sa.Column("valid_until_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('district', 'subdistrict', 'community', 'estate', 'building', 'hub_household')",
            name=op.f("ck_branch_kind"),
        ),
        sa.CheckConstraint(
            "management_mode IN ('unit_run', 'self_run', 'company_run', 'community_run')",
            name=op.f("ck_branch_management_mode"),
        ),
        sa.CheckConstraint(
            "valid_until_on IS NULL OR valid_from_on IS NULL OR valid_until_on >= valid_from_on",
            name=op.f("ck_branch_dates"),
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["branch.id"], name=op.f("fk_branch_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch")),
        sa.UniqueConstraint("code", name=op.f("uq_branch_code")),
        sa.UniqueConstraint("path", name=op.f("uq_branch_path")),
    )
    op.create_index(op.f("ix_branch_parent_id"), "branch", ["parent_id"], unique=False)


def create_calendar() -> None:
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["year"], ["calendar_year.year"], name=op.f("fk_calendar_day_year")),
        sa.PrimaryKeyConstraint("on_date", name=op.f("pk_calendar_day")),
    )
    op.create_index("ix_calendar_day_year", "calendar_day", ["year"], unique=False)


def create_members() -> None:
    op.create_table(
        "member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_initials", sa.String(length=40), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("phone_tail", sa.String(length=4), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("is_party_member", sa.Boolean(), nullable=False),
        sa.Column("guardian_name", sa.String(length=40), nullable=True),
        sa.Column("guardian_consented_on", sa.Date(), nullable=True),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("pin_serial", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (closing_reason IS NULL)", name=op.f("ck_member_closing")),
        sa.CheckConstraint(
            "(guardian_name IS NULL) = (guardian_consented_on IS NULL)", name=op.f("ck_member_guardian")
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_member_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
    )
    op.create_index(op.f("ix_member_branch_id"), "member", ["branch_id"], unique=False)
    op.create_index("ix_member_name", "member", ["name"], unique=False)
    op.create_index("ix_member_name_initials", "member", ["name_initials"], unique=False)
    op.create_index("ix_member_phone_hash", "member", ["phone_hash"], unique=False)
    op.create_index("ix_member_phone_tail", "member", ["phone_tail"], unique=False)
    op.create_table(
        "home",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_home_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_home_member_id")),
        sa.PrimaryKeyConstraint("member_id", "from_on", name=op.f("pk_home")),
    )
    op.create_index("ix_home_branch_id", "home", ["branch_id", "from_on"], unique=False)


def create_cards_and_consents() -> None:
    op.create_table(
        "card",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card_no", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'lost', 'replaced')", name=op.f("ck_card_state")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_card_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("card_no", name=op.f("uq_card_card_no")),
    )
    op.create_index(op.f("ix_card_member_id"), "card", ["member_id"], unique=False)
    op.create_index(
        "uq_card_active",
        "card",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('records', 'boards', 'household', 'photo')", name=op.f("ck_consent_purpose")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_consent_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(
        "uq_consent_in_force",
        "consent",
        ["member_id", "purpose"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def create_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_staff_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_index(op.f("ix_staff_member_id"), "staff", ["member_id"], unique=False)
    op.create_table(
        "staff_right",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('administrator', 'approver', 'recorder', 'clerk', 'stock_keeper', 'overseer')",
            name=op.f("ck_staff_right_role"),
        ),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name=op.f("ck_staff_right_dates")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_staff_right_branch_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_right_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_right")),
    )
    op.create_index(op.f("ix_staff_right_staff_id"), "staff_right", ["staff_id"], unique=False)


def create_tokens_and_visits() -> None:
    op.create_table(
        "token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(staff_id IS NULL) <> (member_id IS NULL)", name=op.f("ck_token_owner")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_token_member_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_token_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_token_token_hash")),
    )
    op.create_index(op.f("ix_token_member_id"), "token", ["member_id"], unique=False)
    op.create_index(op.f("ix_token_staff_id"), "token", ["staff_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_visit_member_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_visit_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "member_id", name=op.f("pk_visit")),
    )


def create_rules() -> None:
    op.create_table(
        "rule_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from_on", sa.Date(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_rule_set_version")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_rule_set_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set")),
        sa.UniqueConstraint("branch_id", "code", "version", name=op.f("uq_rule_set_branch_id_code_version")),
        sa.UniqueConstraint("branch_id", "valid_from_on", name=op.f("uq_rule_set_branch_id_valid_from_on")),
    )
    op.create_index(
        "ix_rule_set_always",
        "rule_set",
        ["branch_id"],
        unique=True,
        sqlite_where=sa.text("valid_from_on IS NULL"),
        postgresql_where=sa.text("valid_from_on IS NULL"),
    )


def create_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("balance_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("honour_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service_minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activities", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'member') = (balance_points IS NOT NULL)", name=op.f("ck_account_balance")),
        sa.CheckConstraint(
            "kind IN ('member', 'issue', 'held', 'redeemed', 'lapsed', 'donated', 'adjustment', 'opening')",
            name=op.f("ck_account_kind"),
        ),
        sa.CheckConstraint("honour_points >= 0", name=op.f("ck_account_honour")),
        sa.CheckConstraint("service_minutes >= 0 AND activities >= 0", name=op.f("ck_account_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("kind", "owner_id", name=op.f("uq_account_kind_owner_id")),
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("debit_account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credit_account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_points", sa.Integer(), nullable=False),
        sa.Column("debit_balance_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("credit_balance_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "kind IN ('award', 'reversal', 'redemption', 'hold', 'collection', 'release', 'refund', 'lapse')",
            name=op.f("ck_transfer_kind"),
        ),
        sa.CheckConstraint("amount_points > 0", name=op.f("ck_transfer_amount")),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name=op.f("ck_transfer_accounts")),
        sa.ForeignKeyConstraint(["credit_account_id"], ["account.id"], name=op.f("fk_transfer_credit_account_id")),
        sa.ForeignKeyConstraint(["debit_account_id"], ["account.id"], name=op.f("fk_transfer_debit_account_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["transfer.id"], name=op.f("fk_transfer_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("kind", "reference", name=op.f("uq_transfer_kind_reference")),
    )
    op.create_index(
        "ix_transfer_credit",
        "transfer",
        ["credit_account_id"],
        unique=False,
        sqlite_where=sa.text("credit_balance_points IS NOT NULL"),
        postgresql_where=sa.text("credit_balance_points IS NOT NULL"),
    )
    op.create_index(
        "ix_transfer_debit",
        "transfer",
        ["debit_account_id"],
        unique=False,
        sqlite_where=sa.text("debit_balance_points IS NOT NULL"),
        postgresql_where=sa.text("debit_balance_points IS NOT NULL"),
    )
    op.create_index(
        "ix_transfer_reverses_id",
        "transfer",
        ["reverses_id"],
        unique=False,
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )


def create_lots() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lapses_on", sa.Date(), nullable=False),
        sa.Column("extension_order", sa.String(length=40), nullable=False),
        sa.Column("remaining_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("remaining_points >= 0", name=op.f("ck_lot_remaining")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lot_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint(
            "account_id", "lapses_on", "extension_order", name=op.f("uq_lot_account_id_lapses_on_extension_order")
        ),
    )
    op.create_index(
        "ix_lot_lapses_on",
        "lot",
        ["lapses_on"],
        unique=False,
        sqlite_where=sa.text("remaining_points > 0"),
        postgresql_where=sa.text("remaining_points > 0"),
    )
    op.create_table(
        "lot_use",
        sa.Column("transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.CheckConstraint("points <> 0", name=op.f("ck_lot_use_points")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_use_lot_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_lot_use_transfer_id")),
        sa.PrimaryKeyConstraint("transfer_id", "lot_id", name=op.f("pk_lot_use")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_lot_use_lot_id"), "lot_use", ["lot_id"], unique=False)


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
