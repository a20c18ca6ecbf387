"""What must hold of stock."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.checks import Check
from points_bank.columns import table_of
from points_bank.rewards.models import Stock, StockMovement
from points_bank.transaction import Transaction

STOCK, MOVEMENT = table_of(Stock), table_of(StockMovement)

_MOVED = (
    sa.select(MOVEMENT.c.desk_id, MOVEMENT.c.reward_id, sa.func.sum(MOVEMENT.c.quantity).label("quantity"))
    .group_by(MOVEMENT.c.desk_id, MOVEMENT.c.reward_id)
    .subquery()
)
_SAME_STOCK = sa.and_(STOCK.c.desk_id == _MOVED.c.desk_id, STOCK.c.reward_id == _MOVED.c.reward_id)
_OTHER_SUM = (
    sa.select(STOCK.c.desk_id, STOCK.c.reward_id, STOCK.c.remaining_quantity, _MOVED.c.quantity)
    .outerjoin_from(STOCK, _MOVED, _SAME_STOCK)
    .where(STOCK.c.remaining_quantity != sa.func.coalesce(_MOVED.c.quantity, 0))
    .order_by(STOCK.c.desk_id, STOCK.c.reward_id)
)
_WITHOUT_STOCK = (
    sa.select(_MOVED.c.desk_id, _MOVED.c.reward_id)
    .outerjoin_from(_MOVED, STOCK, _SAME_STOCK)
    .where(STOCK.c.desk_id.is_(None))
    .order_by(_MOVED.c.desk_id, _MOVED.c.reward_id)
)


def stock_besides_its_movements(tx: Transaction) -> Iterator[str]:
    """Stock that is not the sum of its movements."""
    for row in tx.all(_OTHER_SUM):
        remaining = row.remaining_quantity
        yield f"desk {row.desk_id}, reward {row.reward_id}: {remaining} remain, {row.quantity or 0} by its movements"
    for row in tx.all(_WITHOUT_STOCK):
        yield f"desk {row.desk_id}, reward {row.reward_id}: movements without stock"


CHECKS = (Check("stock is the sum of its movements", stock_besides_its_movements),)
