"""Write-offs: damaged goods leave the shelf when one person says so, and the books when a second one confirms."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import AlreadyApproved, NotFound, SamePerson
from points_bank.rewards.desks import desk_of, desk_seen
from points_bank.rewards.models import Reward, StockMovement, StockMovementKind, WriteOff, WriteOffState
from points_bank.rewards.stock import move_stock
from points_bank.transaction import Transaction

WRITE_OFF, MOVEMENT, REWARD = table_of(WriteOff), table_of(StockMovement), table_of(Reward)


class WriteOffLine(msgspec.Struct, frozen=True):
    """So many of a reward that were found damaged; `proposed_by` and `decided_by` are the two who signed."""

    id: int
    desk_id: int
    reward_id: int
    quantity: int
    reason: str | None
    state: WriteOffState
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None


_LINE = sa.select(
    MOVEMENT.c.id,
    MOVEMENT.c.desk_id,
    MOVEMENT.c.reward_id,
    -MOVEMENT.c.quantity,
    MOVEMENT.c.reason,
    WRITE_OFF.c.state,
    MOVEMENT.c.moved_at,
    MOVEMENT.c.moved_by,
    WRITE_OFF.c.decided_at,
    WRITE_OFF.c.decided_by,
).join_from(WRITE_OFF, MOVEMENT, MOVEMENT.c.id == WRITE_OFF.c.movement_id)
_LOCK = _LINE.where(WRITE_OFF.c.movement_id == sa.bindparam("id")).with_for_update(of=WRITE_OFF)
_OF_DESK = (
    _LINE.where(*given(MOVEMENT, "desk_id"), MOVEMENT.c.id < sa.bindparam("before_id"))
    .order_by(MOVEMENT.c.id.desc())
    .limit(sa.bindparam("most"))
)
_DECIDE = (
    sa.update(WRITE_OFF)
    .where(WRITE_OFF.c.movement_id == sa.bindparam("which_id"))
    .values(
        state=sa.bindparam("new_state"),
        decided_at=sa.bindparam("now"),
        decided_by=sa.bindparam("who"),
        returned_movement_id=sa.bindparam("back_id"),
    )
)
NEWEST = 2**62


def confirm_write_off(tx: Transaction, movement_id: int, *, by: Actor) -> WriteOffLine:
    """Sign, as a second person, that goods are damaged. Refuses `already_approved` and `same_person`."""
    line = _to_decide(tx, movement_id, by)
    if line.proposed_by == by.name:
        raise SamePerson
    return _decide(tx, line, WriteOffState.CONFIRMED, None, by)


def reject_write_off(tx: Transaction, movement_id: int, *, reason: str, by: Actor) -> WriteOffLine:
    """Put goods that were found good, or written down by mistake, back on the shelf.

    Who proposed it may do so, too. Refuses `already_approved` what is decided.
    """
    line = _to_decide(tx, movement_id, by)
    back = move_stock(
        tx, line.reward_id, desk_id=line.desk_id, kind=StockMovementKind.RETURNED, quantity=line.quantity,
        reason=reason, by=by,
    )  # fmt: skip
    return _decide(tx, line, WriteOffState.REJECTED, back.id, by)


def write_offs_of_desk(
    tx: Transaction, desk_id: int, *, before_id: int | None, limit: int, by: Actor
) -> list[WriteOffLine]:
    """What was found damaged at a desk, newest first, decided or not."""
    by.require(Task.READ_REWARDS, desk_seen(tx, desk_id, by=by).branch_path)
    return [_line(row) for row in tx.all(_OF_DESK, desk_id=desk_id, before_id=before_id or NEWEST, most=limit)]


def _to_decide(tx: Transaction, movement_id: int, by: Actor) -> WriteOffLine:
    row = tx.maybe(_LOCK, id=movement_id)
    if row is None:
        raise NotFound
    by.require(Task.MOVE_STOCK, desk_of(tx, row.desk_id).branch_path)
    if row.state is not WriteOffState.PROPOSED:
        raise AlreadyApproved
    return _line(row)


def _decide(tx: Transaction, line: WriteOffLine, state: WriteOffState, back_id: int | None, by: Actor) -> WriteOffLine:
    tx.run(_DECIDE, which_id=line.id, new_state=state, now=tx.now, who=by.name, back_id=back_id)
    audit.note(tx, by, f"stock_movement:{line.id}", "state")
    return _line(tx.one(_LOCK, id=line.id))


def _line(row: Any) -> WriteOffLine:
    return WriteOffLine(*row)
