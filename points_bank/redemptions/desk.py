"""The desk: goods for points, at once."""

from collections.abc import Sequence
from typing import Required, TypedDict, Unpack

import msgspec

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


class Asked(TypedDict, total=False):
    """What is asked for at a desk: goods for the member with that card or id.

    With `sharing` several people of the household pay. With `proxy_id` the goods go to whom the member authorised.
    """

    desk_id: Required[int]
    items: Required[Sequence[Goods]]
    member_id: int | None
    card_no: str | None
    sharing: Sharing | None
    proxy_id: int | None


class Outlook(msgspec.Struct, frozen=True):
    """What an exchange would take, and from whom; nothing has moved."""

    member_id: int
    desk_id: int
    amount_points: int
    items: list[Item]
    payers: list[Share]


def redeem(tx: Transaction, *, by: Actor, **asked: Unpack[Asked]) -> Ordered:
    """Hand over goods, and take the points.

    Refuses `desk_closed`, and what `member_at_desk`, `check_order` and `place_order` refuse, in that order; nothing has
    moved then.
    """
    order = _order(tx, by, **asked)
    ordered = place_order(tx, order, state=RedemptionState.COLLECTED, by=by)
    if order.proxy_id is not None:
        tell_of_proxy(tx, ordered.id, member_id=ordered.member_id, points=ordered.amount_points)
    return ordered


def preview_redemption(tx: Transaction, *, by: Actor, **asked: Unpack[Asked]) -> Outlook:
    """What `redeem` would take and from whom, or refuse now, except for the stock. A card that is shown is noted."""
    order = _order(tx, by, **asked)
    return Outlook(order.member_id, order.desk.id, order.amount_points, order.items, order.shares)


def _order(tx: Transaction, by: Actor, **asked: Unpack[Asked]) -> Order:
    sharing, proxy_id = asked.get("sharing"), asked.get("proxy_id")
    if sharing is not None and proxy_id is not None:
        raise Invalid({"proxy_id": ALONE})
    desk = desk_served(tx, asked["desk_id"], by=by)
    refuse_closed(tx, desk.opening)
    member = member_at_desk(tx, member_id=asked.get("member_id"), card_no=asked.get("card_no"), by=by)
    return check_order(tx, member=member, desk=desk, goods=asked["items"], sharing=sharing, proxy_id=proxy_id, by=by)
