"""What must hold of stock."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.checks import Check, query_check
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


_WRITE_OFFS = sa.text("""
    SELECT w.movement_id, w.state, m.kind, m.quantity FROM write_off w
    JOIN stock_movement m ON m.id = w.movement_id
    LEFT JOIN stock_movement b ON b.id = w.returned_movement_id
    WHERE m.kind <> 'damaged' OR w.decided_by = m.moved_by AND w.state = 'confirmed'
        OR (b.id IS NOT NULL AND (b.kind <> 'returned' OR b.quantity <> -m.quantity
            OR b.desk_id <> m.desk_id OR b.reward_id <> m.reward_id))
""")
_SPONSORED = sa.text("""
    SELECT r.movement_id, m.kind FROM sponsored_receipt r JOIN stock_movement m ON m.id = r.movement_id
    WHERE m.kind <> 'received'
""")
_WAITING = sa.text("""
    SELECT id, state FROM waiting
    WHERE (state = 'waiting' AND told_at IS NOT NULL) OR (state = 'told' AND told_at IS NULL)
        OR (state IN ('waiting', 'told')) <> (ended_at IS NULL)
""")

CHECKS = (
    Check("stock is the sum of its movements", stock_besides_its_movements),
    query_check("write-offs", _WRITE_OFFS, "write-off {movement_id} ({state}) of {quantity} ({kind}) cannot be"),
    query_check("sponsored goods", _SPONSORED, "stock movement {movement_id} ({kind}) cannot have a sponsor"),
    query_check("waiting lists", _WAITING, "waiting {id} is {state}, its times say otherwise"),
)
