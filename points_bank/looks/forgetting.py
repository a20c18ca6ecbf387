"""Who looked at whom is personal data, too: it goes when it was kept for long enough."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from points_bank.clock import start_of_day
from points_bank.columns import table_of
from points_bank.looks.models import Look
from points_bank.transaction import Transaction

LOOK = table_of(Look)

ROWS_AT_A_TIME = 2_000

_OLDEST = sa.select(sa.func.min(LOOK.c.looked_on, type_=LOOK.c.looked_on.type))
_ENDED = (
    sa.select(LOOK.c.id)
    .where(LOOK.c.looked_on == sa.bindparam("on"))
    .order_by(LOOK.c.id)
    .limit(ROWS_AT_A_TIME)
    .scalar_subquery()
)
_FORGET = sa.delete(LOOK).where(LOOK.c.id.in_(_ENDED))


def next_forgetting_of_looks(tx: Transaction) -> datetime | None:
    """When the oldest looks will have been kept long enough, past or to come."""
    oldest = tx.scalar(_OLDEST)
    return oldest and start_of_day(oldest + timedelta(days=tx.settings.looks_kept_days), tx.zone)


def forget_looks_due(tx: Transaction, *, due_at: datetime) -> int:
    """Delete some of the looks of the oldest day; how many."""
    return tx.run(_FORGET, on=tx.scalar(_OLDEST))
