"""Carrying orders out: some members at a time, at once and again when the old date is over.

The second pass finds lots of the old date that came in after the first: service that settled late, for example.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor
from points_bank.branches.models import Branch
from points_bank.branches.tree import below, branch_of
from points_bank.clock import start_of_day
from points_bank.columns import given, table_of
from points_bank.extensions.models import ExtendedLot, ExtensionOrder
from points_bank.extensions.orders import OrderLine, enter_order, order_seen
from points_bank.ledger import extending
from points_bank.ledger.extending import Extension, extend_lots
from points_bank.members.models import Home, Member
from points_bank.outbox import MessageKind, News, tell_each
from points_bank.transaction import Transaction

ORDER, EXTENDED = table_of(ExtensionOrder), table_of(ExtendedLot)
BRANCH, HOME, MEMBER = table_of(Branch), table_of(Home), table_of(Member)

MEMBERS_AT_A_TIME = 200
"""How many one act looks at: short enough that a desk does not wait."""


class CarriedOut(msgspec.Struct, frozen=True):
    """What one act did of an order."""

    members: int
    lots: int


_FIRST = sa.select(sa.func.min(ORDER.c.due_at))
_DUE = (
    sa.select(ORDER.c.id)
    .where(ORDER.c.due_at <= sa.bindparam("due_at", type_=ORDER.c.due_at.type))
    .order_by(ORDER.c.due_at, ORDER.c.id)
    .limit(1)
)
_LOCK = (
    sa.select(
        ORDER.c.id, ORDER.c.order_no, ORDER.c.branch_id, ORDER.c.lapses_on, ORDER.c.new_lapses_on, ORDER.c.homes_on,
        ORDER.c.due_at, ORDER.c.after_member_id,
    )
    .where(*given(ORDER, "id"))
    .with_for_update()
)  # fmt: skip
_LATER = HOME.alias("later")
_MEMBERS = (
    sa.select(HOME.c.member_id)
    .join_from(HOME, BRANCH, BRANCH.c.id == HOME.c.branch_id)
    .join(MEMBER, MEMBER.c.id == HOME.c.member_id)
    .where(
        below(BRANCH.c.path),
        HOME.c.member_id > sa.bindparam("after_id"),
        HOME.c.from_on <= sa.bindparam("on"),
        ~sa.exists().where(
            _LATER.c.member_id == HOME.c.member_id,
            _LATER.c.from_on > HOME.c.from_on,
            _LATER.c.from_on <= sa.bindparam("on"),
        ),
        MEMBER.c.closed_at.is_(None),
    )
    .order_by(HOME.c.member_id)
    .limit(MEMBERS_AT_A_TIME)
)
_KEEP = sa.insert(EXTENDED)
_GO_ON = (
    sa.update(ORDER)
    .where(ORDER.c.id == sa.bindparam("order_id"))
    .values(due_at=sa.bindparam("next_due_at"), after_member_id=sa.bindparam("after_id"))
)


def give_order(
    tx: Transaction,
    *,
    order_no: str,
    branch_id: int,
    lapses_on: date,
    new_lapses_on: date,
    reason: str,
    by: Actor,
) -> OrderLine:
    """Let lots of a date last longer, by order: of who is at home in a branch or below, whatever they hold.

    What had lapsed of them is reinstated. The first members' lots are extended at once; where there are more, the
    clock goes on. Refuses what `enter_order` refuses.
    """
    order_id = enter_order(
        tx, order_no=order_no, branch_id=branch_id, lapses_on=lapses_on, new_lapses_on=new_lapses_on, reason=reason,
        by=by,
    )  # fmt: skip
    carry_out(tx, order_id)
    return order_seen(tx, order_id, by=by)


def next_extension(tx: Transaction) -> datetime | None:
    """When some order is to be carried out next, past or to come."""
    first: datetime | None = tx.scalar(_FIRST)
    return first


def extend_due(tx: Transaction, *, due_at: datetime) -> int:
    """Carry out a part of the order that has been due longest by `due_at`; how many members' lots were looked at."""
    order_id: int = tx.scalar(_DUE, due_at=due_at)
    # The part that finds nobody left still ends the pass, and so has done something.
    return max(1, carry_out(tx, order_id).members)


def carry_out(tx: Transaction, order_id: int) -> CarriedOut:
    """Extend the lots of the next members of an order's pass. Done again, it goes on where it was."""
    order = tx.one(_LOCK, id=order_id)
    if order.due_at is None or order.due_at > tx.now:
        return CarriedOut(0, 0)
    path = branch_of(tx, order.branch_id).path
    members = [row[0] for row in tx.all(_MEMBERS, path=path, after_id=order.after_member_id, on=order.homes_on)]
    extension = Extension(order.order_no, f"extension:{order.id}", order.lapses_on, order.new_lapses_on)
    extended = extend_lots(tx, extension, member_ids=members) if members else []
    tx.many(_KEEP, [_kept(tx, order.id, each) for each in extended])
    tell_each(tx, _news(order, extended))
    if len(members) == MEMBERS_AT_A_TIME:
        tx.run(_GO_ON, order_id=order.id, next_due_at=order.due_at, after_id=members[-1])
    else:
        over_at = start_of_day(order.lapses_on + timedelta(days=1), tx.zone)
        tx.run(_GO_ON, order_id=order.id, next_due_at=over_at if order.due_at < over_at else None, after_id=0)
    return CarriedOut(len(members), len(extended))


def _kept(tx: Transaction, order_id: int, lot: extending.ExtendedLot) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "lot_id": lot.lot_id,
        "member_id": lot.member_id,
        "remaining_points": lot.remaining_points,
        "reinstated_points": lot.reinstated_points,
        "extended_at": tx.now,
    }


def _news(order: Any, extended: Sequence[extending.ExtendedLot]) -> Iterator[News]:
    """Told of what came back, or else of what lasts longer; of an empty lot nobody is told."""
    for lot in extended:
        kind = MessageKind.REINSTATED if lot.reinstated_points else MessageKind.EXTENDED
        points = lot.reinstated_points or lot.remaining_points
        if points:
            figures = {"points": points, "lapses_on": str(order.new_lapses_on), "order_no": order.order_no}
            yield News(lot.member_id, kind, f"extension:{order.id}", figures)
