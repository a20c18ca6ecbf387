"""The desk: goods for points, at once."""

from collections.abc import Sequence

from points_bank.actor import Actor
from points_bank.redemptions.models import RedemptionState
from points_bank.redemptions.order import Ordered, check_order, desk_served, member_at_desk, place_order
from points_bank.rewards.stock import Goods
from points_bank.transaction import Transaction


def redeem(
    tx: Transaction,
    *,
    desk_id: int,
    items: Sequence[Goods],
    member_id: int | None = None,
    card_no: str | None = None,
    by: Actor,
) -> Ordered:
    """Hand over goods to the member with that card or id, and take the points.

    Refuses what `member_at_desk`, `check_order` and `place_order` refuse, in that order; nothing has moved then.
    """
    desk = desk_served(tx, desk_id, by=by)
    member = member_at_desk(tx, member_id=member_id, card_no=card_no, by=by)
    order = check_order(tx, member=member, desk=desk, goods=items, by=by)
    return place_order(tx, order, state=RedemptionState.COLLECTED, by=by)
