"""Where the ledger stands: the number of a transfer up to which nothing will come in any more."""

import sqlalchemy as sa

from points_bank.columns import table_of
from points_bank.ledger.models import Transfer
from points_bank.transaction import Transaction

TRANSFER = table_of(Transfer)

_LAST = sa.select(sa.func.coalesce(sa.func.max(TRANSFER.c.id), 0))
# Backwards by number, so that only the newest transfers are looked at.
_LAST_SETTLED = (
    sa.select(TRANSFER.c.id)
    .where(TRANSFER.c.posted_at <= sa.bindparam("until"))
    .order_by(TRANSFER.c.id.desc())
    .limit(1)
)


def ledger_position(tx: Transaction) -> int:
    """The number of the last transfer, 0 before the first. Where acts write side by side, of the last one that is old
    enough for all before it to be there."""
    settled_at = tx.settled_at
    if settled_at == tx.now:
        position: int = tx.scalar(_LAST)
        return position
    return tx.scalar(_LAST_SETTLED, until=settled_at) or 0
