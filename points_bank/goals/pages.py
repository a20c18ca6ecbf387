"""Goods on a member's phone: choosing, reserving and cancelling, waiting for what is sold out, saving for one."""

from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from points_bank.errors import InsufficientPoints, OutOfStock, PointsBankError, RedemptionLimit
from points_bank.goals.choosing import choose_goal, drop_goal
from points_bank.goals.goods import Goods, Offer, goods_of, offer_of
from points_bank.redemptions.cancellation import Cancelled, cancel_own_reservation
from points_bank.redemptions.order import Ordered
from points_bank.redemptions.own import OwnReservation, own_reservation
from points_bank.redemptions.reservation import reserve_own
from points_bank.rewards import stock
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.waiting.joining import join_own_waiting_list, leave_waiting_list
from points_bank.web import LARGEST_ID, Asking, Id, PathId, QueryId, database_of, member

DeskId = Annotated[int, QueryParameter(ge=1, le=LARGEST_ID)]

TOO_MANY = {each.code: "quantity" for each in (RedemptionLimit, InsufficientPoints, OutOfStock)}
"""Refusals that a smaller quantity may help against."""


class AtDesk(msgspec.Struct):
    """A good at a desk."""

    reward_id: Id
    desk_id: Id


class Wish(AtDesk):
    quantity: Annotated[int, msgspec.Meta(ge=1, le=999)]


class GoodsPage(Page, frozen=True, kw_only=True):
    """`goods` is None where the district has no desk yet."""

    template: ClassVar[str] = "me/goods.html"
    goods: Goods | None


class OfferPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "me/offer.html"
    offer: Offer


class ReservationPage(Page, frozen=True, kw_only=True):
    """`was_made` right after it was made."""

    template: ClassVar[str] = "me/reservation.html"
    reservation: OwnReservation
    was_made: bool


@get("/me/goods")
async def get_goods(request: Asking, desk: QueryId = None) -> Response[str]:
    """What a desk has: to have now, to save for, to wait for."""
    return await _goods(request, desk)


@get("/me/goods/{reward_id:int}")
async def get_offer(request: Asking, reward_id: FromPath[PathId], desk: DeskId) -> Response[str]:
    """One good, before it is reserved."""
    return await _offer(request, reward_id, desk)


@post("/me/reservations", status_code=200)
async def post_reservation(request: Asking) -> Response[Any]:
    """Put a good aside and hold the points."""
    form, by = await sent_form(request), member(request)
    at = form.read(AtDesk)
    try:
        wish = form.read(Wish)
        items = [stock.Goods(wish.reward_id, wish.quantity)]
        answer = await write_form(request, form, Ordered, reserve_own, desk_id=wish.desk_id, items=items, by=by)
    except PointsBankError as refusal:
        return await _offer(request, at.reward_id, at.desk_id, form.refused(refusal, beside=TOO_MANY))
    return go_to(f"/me/reservations/{answer.outcome.id}?made=yes")


@get("/me/reservations/{redemption_id:int}")
async def get_reservation(request: Asking, redemption_id: FromPath[PathId]) -> Response[str]:
    """What was reserved: its code while it waits, or what became of it."""
    return await _reservation(request, redemption_id)


@post("/me/reservations/{redemption_id:int}/cancellation", status_code=200)
async def post_cancellation(request: Asking, redemption_id: FromPath[PathId]) -> Response[Any]:
    """Give a reservation up: the points come back."""
    form, by = await sent_form(request), member(request)
    try:
        await write_form(request, form, Cancelled, cancel_own_reservation, redemption_id, by=by)
    except PointsBankError as refusal:
        return await _reservation(request, redemption_id, form.refused(refusal))
    return go_to(f"/me/reservations/{redemption_id}")


@post("/me/goal", status_code=200)
async def post_goal(request: Asking) -> Response[Any]:
    """Save for a good."""
    form, by = await sent_form(request), member(request)
    at = form.read(AtDesk)
    await database_of(request).write(choose_goal, reward_id=at.reward_id, desk_id=at.desk_id, by=by)
    return go_to(f"/me/goods?desk={at.desk_id}")


@post("/me/goal/end", status_code=200)
async def post_goal_end(request: Asking) -> Response[Any]:
    """Save for it no longer."""
    await sent_form(request)
    await database_of(request).write(drop_goal, by=member(request))
    return go_to("/me/goods")


@post("/me/waiting-list", status_code=200)
async def post_place(request: Asking) -> Response[Any]:
    """Stand in line for what is sold out."""
    form, by = await sent_form(request), member(request)
    at = form.read(AtDesk)
    try:
        await database_of(request).write(join_own_waiting_list, at.reward_id, desk_id=at.desk_id, by=by)
    except PointsBankError as refusal:
        return await _goods(request, at.desk_id, form.refused(refusal))
    return go_to(f"/me/goods?desk={at.desk_id}#reward-{at.reward_id}")


@post("/me/waiting-list/{waiting_id:int}/end", status_code=200)
async def post_place_end(request: Asking, waiting_id: FromPath[PathId]) -> Response[Any]:
    """Wait no longer."""
    await sent_form(request)
    await database_of(request).write(leave_waiting_list, waiting_id, by=member(request))
    return go_to("/me/goods")


PAGES: list[Any] = [
    get_goods,
    get_offer,
    post_reservation,
    get_reservation,
    post_cancellation,
    post_goal,
    post_goal_end,
    post_place,
    post_place_end,
]


async def _goods(request: Asking, desk_id: int | None, form: Form | None = None) -> Response[str]:
    goods = await database_of(request).read(goods_of, desk_id=desk_id, by=member(request))
    return show(request, GoodsPage(goods=goods), form)


async def _offer(request: Asking, reward_id: int, desk_id: int, form: Form | None = None) -> Response[str]:
    offer = await database_of(request).read(offer_of, reward_id, desk_id=desk_id, by=member(request))
    return show(request, OfferPage(offer=offer), form)


async def _reservation(request: Asking, redemption_id: int, form: Form | None = None) -> Response[str]:
    reservation = await database_of(request).read(own_reservation, redemption_id, by=member(request))
    was_made = reservation.is_open and "made" in request.query_params
    return show(request, ReservationPage(reservation=reservation, was_made=was_made), form)
