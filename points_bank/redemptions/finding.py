"""Finding a redemption and what can still be done with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.errors import AlreadyCancelled, NotFound, ReservationExpired
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionState
from points_bank.transaction import Transaction

REDEMPTION, ITEM = table_of(Redemption), table_of(RedemptionItem)


class Item(msgspec.Struct, frozen=True):
    """So many of a reward; `cost_points` is the cost of one on the day of ordering."""

    reward_id: int
    quantity: int
    cost_points: int


class RedemptionLine(msgspec.Struct, frozen=True):
    """A redemption as it stands. `expires_at` is set for what was reserved, also once it is collected.

    `is_pooled` says that several people paid: see `payments_of`.
    """

    id: int
    member_id: int
    desk_id: int
    state: RedemptionState
    amount_points: int
    wrong_codes: int
    expires_at: datetime | None
    collected_at: datetime | None
    is_pooled: bool

    def refuse_ended(self, at: datetime) -> None:
        """Refuses `already_cancelled`, and `reservation_expired` from the instant on, be its release booked or not."""
        if self.state is RedemptionState.CANCELLED:
            raise AlreadyCancelled
        if self.state is RedemptionState.EXPIRED or (self.state is RedemptionState.RESERVED and self.is_out(at)):
            raise ReservationExpired

    def is_out(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at


COLUMNS = (
    REDEMPTION.c.id,
    REDEMPTION.c.member_id,
    REDEMPTION.c.desk_id,
    REDEMPTION.c.state,
    REDEMPTION.c.amount_points,
    REDEMPTION.c.wrong_codes,
    REDEMPTION.c.expires_at,
    REDEMPTION.c.collected_at,
    REDEMPTION.c.is_pooled,
)
_LOCK = sa.select(*COLUMNS).where(*given(REDEMPTION, "id")).with_for_update()
_ITEMS = (
    sa.select(ITEM.c.reward_id, ITEM.c.quantity, ITEM.c.cost_points)
    .where(*given(ITEM, "redemption_id"))
    .order_by(ITEM.c.reward_id)
)


def lock_redemption(tx: Transaction, redemption_id: int) -> RedemptionLine:
    """A redemption that no other act changes until this one ends. Refuses `not_found`."""
    row = tx.maybe(_LOCK, id=redemption_id)
    if row is None:
        raise NotFound
    return redemption_line(row)


def items_of(tx: Transaction, redemption_id: int) -> list[Item]:
    """What was ordered, by reward."""
    return [_item(row) for row in tx.all(_ITEMS, redemption_id=redemption_id)]


def redemption_line(row: Sequence[Any]) -> RedemptionLine:
    return RedemptionLine(*row)


def _item(row: Sequence[Any]) -> Item:
    return Item(*row)
