"""The desk: goods for points, at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from points_bank.actor import Actor
from points_bank.errors import Invalid, message
from points_bank.redemptions.finding import Item
from points_bank.redemptions.models import RedemptionState
from points_bank.redemptions.order import Order, Ordered, check_order, desk_served, member_at_desk, place_order
from points_bank.redemptions.payers import Share, Sharing
from points_bank.redemptions.proxies import tell_of_proxy
from points_bank.rewards.opening_days import refuse_closed
from points_bank.rewards.stock import Goods
from points_bank.transaction import Transaction

ALONE = message("Somebody else can only collect for one member's own points.")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an exchange would take, and from whom; nothing has moved."""

    member_id: int
    desk_id: int
    amount_points: int
    items: list[Item]
    payers: list[Share]


def redeem(
    tx: Transaction,
    *,
    desk_id: int,
    items: Sequence[Goods],
    member_id: int | None = None,
    card_no: str | None = None,
    sharing: Sharing | None = None,
    proxy_id: int | None = None,
    by: Actor,
) -> Ordered:
    """Hand over goods to the member with that card or id, and take the points.

    With `sharing` several people of the household pay. With `proxy_id` the goods go to whom the member authorised.
    Refuses `desk_closed`, and what `member_at_desk`, `check_order` and `place_order` refuse, in that order; nothing has
    moved then.
    """
    order = _order(tx, desk_id, items, member_id, card_no, sharing, proxy_id, by)
    ordered = place_order(tx, order, state=RedemptionState.COLLECTED, by=by)
    if proxy_id is not None:
        tell_of_proxy(tx, ordered.id, member_id=ordered.member_id, points=ordered.amount_points)
    return ordered


def preview_redemption(
    tx: Transaction,
    *,
    desk_id: int,
    items: Sequence[Goods],
    member_id: int | None = None,
    card_no: str | None = None,
    sharing: Sharing | None = None,
    proxy_id: int | None = None,
    by: Actor,
) -> Outlook:
    """What `redeem` would take and from whom, or refuse now, except for the stock. A card that is shown is noted."""
    order = _order(tx, desk_id, items, member_id, card_no, sharing, proxy_id, by)
    return Outlook(order.member_id, order.desk.id, order.amount_points, order.items, order.shares)


def _order(
    tx: Transaction,
    desk_id: int,
    items: Sequence[Goods],
    member_id: int | None,
    card_no: str | None,
    sharing: Sharing | None,
    proxy_id: int | None,
    by: Actor,
) -> Order:
    if sharing is not None and proxy_id is not None:
        raise Invalid({"proxy_id": ALONE})
    desk = desk_served(tx, desk_id, by=by)
    refuse_closed(tx, desk.opening)
    member = member_at_desk(tx, member_id=member_id, card_no=card_no, by=by)
    return check_order(tx, member=member, desk=desk, goods=items, sharing=sharing, proxy_id=proxy_id, by=by)
