"""Giving an order, and what is known of those given."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below_any, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.extensions.models import ExtendedLot, ExtensionOrder
from points_bank.transaction import Transaction

ORDER, EXTENDED, BRANCH = table_of(ExtensionOrder), table_of(ExtendedLot), table_of(Branch)

LATEST_DAYS = 366
"""How long ago a lot may have lapsed that an order still reinstates."""
LONGEST_DAYS = 3 * 366
"""How far an order may move a date. More is a slip of the pen."""

NUMBER_TAKEN = message("An order of this number was entered before.")
LAPSED_LONG_AGO = message("What lapsed more than {days} days ago is not given back.")
NOT_LATER = message("The new date must be later than the old one, and not past.")
TOO_FAR_AHEAD = message("This is too far ahead.")


class OrderState(StrEnum):
    """`running` while lots are being extended; `standing` until the old date is over, for lots that come in later."""

    RUNNING = "running"
    STANDING = "standing"
    DONE = "done"


class OrderLine(msgspec.Struct, frozen=True):
    """An order with what was done for it so far: `extended_points` were in the lots then, also what came back."""

    id: int
    order_no: str
    branch_id: int
    lapses_on: date
    new_lapses_on: date
    homes_on: date
    reason: str
    given_at: datetime
    state: OrderState
    extended_lots: int
    extended_points: int
    reinstated_points: int


class ExtendedLine(msgspec.Struct, frozen=True):
    lot_id: int
    member_id: int
    remaining_points: int
    reinstated_points: int
    extended_at: datetime


_DONE = (
    sa.select(
        EXTENDED.c.order_id,
        sa.func.count().label("lots"),
        sa.func.sum(EXTENDED.c.remaining_points).label("points"),
        sa.func.sum(EXTENDED.c.reinstated_points).label("reinstated"),
    )
    .group_by(EXTENDED.c.order_id)
    .subquery()
)
_LINES = (
    sa.select(
        ORDER.c.id,
        ORDER.c.order_no,
        ORDER.c.branch_id,
        ORDER.c.lapses_on,
        ORDER.c.new_lapses_on,
        ORDER.c.homes_on,
        ORDER.c.reason,
        ORDER.c.given_at,
        ORDER.c.due_at,
        sa.func.coalesce(_DONE.c.lots, 0).label("lots"),
        sa.func.coalesce(_DONE.c.points, 0).label("points"),
        sa.func.coalesce(_DONE.c.reinstated, 0).label("reinstated"),
        BRANCH.c.path,
    )
    .join_from(ORDER, BRANCH, BRANCH.c.id == ORDER.c.branch_id)
    .outerjoin(_DONE, _DONE.c.order_id == ORDER.c.id)
)
_BY_ID = _LINES.where(*given(ORDER, "id"))
_LIST = _LINES.where(ORDER.c.id < sa.bindparam("before_id")).order_by(ORDER.c.id.desc())
_BY_NUMBER = sa.select(ORDER.c.id).where(*given(ORDER, "order_no"))
_ADD = sa.insert(ORDER).returning(ORDER.c.id)
_LOTS = (
    sa.select(*(EXTENDED.c[name] for name in ExtendedLine.__struct_fields__))
    .where(*given(EXTENDED, "order_id"), EXTENDED.c.lot_id > sa.bindparam("after_id"))
    .order_by(EXTENDED.c.lot_id)
    .limit(sa.bindparam("most"))
)

NEWEST = 2**62


def enter_order(
    tx: Transaction,
    *,
    order_no: str,
    branch_id: int,
    lapses_on: date,
    new_lapses_on: date,
    reason: str,
    by: Actor,
) -> int:
    """Write an order down; its id. `carrying_out` does it.

    It is for who is at home in the branch or below on the day it is entered, or, where the lots have lapsed already,
    was on the day they did. Refuses `invalid` a number that is taken, and dates that cannot be.
    """
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    _check_dates(tx.today, lapses_on, new_lapses_on)
    if tx.maybe(_BY_NUMBER, order_no=order_no) is not None:
        raise Invalid({"order_no": NUMBER_TAKEN})
    order_id: int = tx.scalar(
        _ADD, order_no=order_no, branch_id=branch_id, lapses_on=lapses_on, new_lapses_on=new_lapses_on,
        homes_on=min(tx.today, lapses_on), reason=reason, given_at=tx.now, given_by=by.name, due_at=tx.now,
        after_member_id=0,
    )  # fmt: skip
    audit.note(tx, by, f"extension:{order_id}", f"branch:{branch_id}")
    return order_id


def order_seen(tx: Transaction, order_id: int, *, by: Actor) -> OrderLine:
    """An order of one of the actor's branches, with what was done for it so far."""
    row = tx.maybe(_BY_ID, id=order_id)
    if row is None:
        raise NotFound
    by.require(Task.READ_ADMINISTRATION, row.path)
    return _line(tx, row)


def list_orders(tx: Transaction, *, before_id: int | None, limit: int, by: Actor) -> list[OrderLine]:
    """The orders of the actor's branches, newest first."""
    roots = by.paths(Task.READ_ADMINISTRATION)
    listed = _LIST.where(below_any(BRANCH.c.path, roots)).limit(limit)
    return [_line(tx, row) for row in tx.all(listed, before_id=before_id or NEWEST)]


def lots_of_order(tx: Transaction, order_id: int, *, after_id: int | None, limit: int, by: Actor) -> list[ExtendedLine]:
    """The lots that an order was carried out for, by id."""
    order_seen(tx, order_id, by=by)
    return [ExtendedLine(*row) for row in tx.all(_LOTS, order_id=order_id, after_id=after_id or 0, most=limit)]


def _check_dates(today: date, lapses_on: date, new_lapses_on: date) -> None:
    problems = {}
    if lapses_on < today - timedelta(days=LATEST_DAYS):
        problems["lapses_on"] = LAPSED_LONG_AGO
    elif lapses_on > today + timedelta(days=LONGEST_DAYS):
        problems["lapses_on"] = TOO_FAR_AHEAD
    if new_lapses_on <= lapses_on or new_lapses_on < today:
        problems["new_lapses_on"] = NOT_LATER
    elif new_lapses_on > max(lapses_on, today) + timedelta(days=LONGEST_DAYS):
        problems["new_lapses_on"] = TOO_FAR_AHEAD
    if problems:
        raise Invalid(problems, days=LATEST_DAYS)


def _line(tx: Transaction, row: Any) -> OrderLine:
    state = OrderState.DONE
    if row.due_at is not None:
        state = OrderState.RUNNING if row.due_at <= tx.now else OrderState.STANDING
    return OrderLine(
        row.id, row.order_no, row.branch_id, row.lapses_on, row.new_lapses_on, row.homes_on, row.reason, row.given_at,
        state, row.lots, row.points, row.reinstated,
    )  # fmt: skip
