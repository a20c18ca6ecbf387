"""Open the bank: all tables, and triggers that keep the books from being rewritten."""

from alembic import op

from points_bank.migrations.opening.activities import create_activities, create_corrections, create_participations
from points_bank.migrations.opening.branches import create_branches, create_calendar
from points_bank.migrations.opening.keep_track import create_keep_track
from points_bank.migrations.opening.leaderboards import create_editions, create_leaderboards
from points_bank.migrations.opening.ledger import create_accounts, create_lots
from points_bank.migrations.opening.members import create_cards_and_consents, create_members
from points_bank.migrations.opening.redemptions import create_redemptions
from points_bank.migrations.opening.rewards import create_rewards, create_stock_movements
from points_bank.migrations.opening.rules import create_rules
from points_bank.migrations.opening.staff import create_staff, create_tokens_and_visits
from points_bank.migrations.rows import keep_for_ever

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
