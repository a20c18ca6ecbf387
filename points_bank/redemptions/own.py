"""What a member has reserved, as they see it themselves: what it is, where and until when it waits, and its code."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor
from points_bank.clock import day_of
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionState
from points_bank.redemptions.reservation import reservation_code
from points_bank.rewards.desks import DeskLine, desk_of
from points_bank.rewards.models import Reward
from points_bank.rewards.opening_days import hours_of, opening_days
from points_bank.transaction import Transaction

REDEMPTION, ITEM, REWARD = table_of(Redemption), table_of(RedemptionItem), table_of(Reward)


class NamedItem(msgspec.Struct, frozen=True):
    reward_id: int
    name: str
    quantity: int


class DeskTimes(msgspec.Struct, frozen=True):
    """Where a desk is and when it opens next; without `opens_on` it is always open."""

    id: int
    name: str
    opens_on: date | None
    hours: Sequence[tuple[str, str]]


class OwnReservation(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is None once it no longer collects anything; `last_on` is the last day on which it can be collected."""

    id: int
    state: RedemptionState
    code: str | None
    amount_points: int
    items: list[NamedItem]
    desk: DeskTimes
    ordered_at: datetime
    expires_at: datetime
    last_on: date

    @property
    def is_open(self) -> bool:
        return self.code is not None


_COLUMNS = sa.select(
    REDEMPTION.c.id,
    REDEMPTION.c.state,
    REDEMPTION.c.desk_id,
    REDEMPTION.c.amount_points,
    REDEMPTION.c.ordered_at,
    REDEMPTION.c.expires_at,
).where(*given(REDEMPTION, "member_id"), REDEMPTION.c.expires_at.is_not(None))
_ONE = _COLUMNS.where(*given(REDEMPTION, "id"))
_OPEN = _COLUMNS.where(
    REDEMPTION.c.state == RedemptionState.RESERVED, REDEMPTION.c.expires_at > sa.bindparam("now")
).order_by(REDEMPTION.c.expires_at, REDEMPTION.c.id)
_ITEMS = (
    sa.select(REWARD.c.id, REWARD.c.name, ITEM.c.quantity)
    .join_from(ITEM, REWARD, REWARD.c.id == ITEM.c.reward_id)
    .where(*given(ITEM, "redemption_id"))
    .order_by(REWARD.c.id)
)


def own_reservation(tx: Transaction, redemption_id: int, *, by: Actor) -> OwnReservation:
    """One that the member who asks made, whatever became of it. Refuses `not_found`."""
    row = tx.maybe(_ONE, id=redemption_id, member_id=by.member_id)
    if row is None:
        raise NotFound
    return _reservation(tx, row)


def waiting_for_member(tx: Transaction, *, by: Actor) -> list[OwnReservation]:
    """What can be collected by the member who asks, that which runs out first in front."""
    return [_reservation(tx, row) for row in tx.all(_OPEN, member_id=by.member_id, now=tx.now)]


def times_of(tx: Transaction, desk: DeskLine) -> DeskTimes:
    """When a desk opens next, today included."""
    if desk.opening is None:
        return DeskTimes(desk.id, desk.name, None, ())
    (next_day,) = opening_days(tx, desk.opening, from_on=tx.today, most=1)
    return DeskTimes(desk.id, desk.name, next_day.on, hours_of(desk.opening))


def _reservation(tx: Transaction, row: Any) -> OwnReservation:
    is_open = row.state is RedemptionState.RESERVED and row.expires_at > tx.now
    has_run_out = row.state is RedemptionState.RESERVED and not is_open
    return OwnReservation(
        id=row.id,
        state=RedemptionState.EXPIRED if has_run_out else row.state,
        code=reservation_code(tx, row.id) if is_open else None,
        amount_points=row.amount_points,
        items=[NamedItem(*item) for item in tx.all(_ITEMS, redemption_id=row.id)],
        desk=times_of(tx, desk_of(tx, row.desk_id)),
        ordered_at=row.ordered_at,
        expires_at=row.expires_at,
        last_on=day_of(row.expires_at, tx.zone),
    )
