"""Lapse: what remains in a lot after its date is booked away. A lot past its date cannot be spent, booked or not."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from points_bank.clock import start_of_day
from points_bank.ledger.accounts import ACCOUNT, lock_account
from points_bank.ledger.lots import LOT, is_past, open_lots
from points_bank.ledger.posting import lapse
from points_bank.transaction import Transaction

ACCOUNTS_AT_A_TIME = 100
"""How many accounts one act books: short enough that a desk does not wait."""

_FIRST = sa.select(sa.func.min(LOT.c.lapses_on)).where(LOT.c.remaining_points > 0)
_OWNERS = (
    sa.select(ACCOUNT.c.owner_id)
    .distinct()
    .join_from(LOT, ACCOUNT, ACCOUNT.c.id == LOT.c.account_id)
    .where(LOT.c.remaining_points > 0, LOT.c.lapses_on < sa.bindparam("day"))
    .order_by(ACCOUNT.c.owner_id)
    .limit(ACCOUNTS_AT_A_TIME)
)


def next_lapse(tx: Transaction) -> datetime | None:
    """24:00 of the first date on which something lapses, past or to come."""
    lapses_on: date | None = tx.scalar(_FIRST)
    return None if lapses_on is None else start_of_day(lapses_on + timedelta(days=1), tx.zone)


def lapse_due(tx: Transaction, *, due_at: datetime) -> int:
    """Book the lapse of some accounts' lots whose date had ended by `due_at`; how many lots."""
    day = due_at.astimezone(tx.zone).date()
    booked = 0
    for row in tx.all(_OWNERS, day=day):
        account = lock_account(tx, row.owner_id)
        balance = account.balance_points
        for lot in open_lots(tx, account.id):
            if is_past(lot, day):
                balance = lapse(tx, account_id=account.id, balance_points=balance, lot=lot)
                booked += 1
    return booked
