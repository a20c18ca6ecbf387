"""The desk over HTTP: exchange, reservation, collection, cancellation, register."""

from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter

from points_bank.errors import Invalid, message
from points_bank.redemptions.cancellation import Cancelled, cancel_own_reservation, cancel_redemption
from points_bank.redemptions.desk import preview_redemption, redeem
from points_bank.redemptions.models import RedemptionState
from points_bank.redemptions.order import Ordered
from points_bank.redemptions.payers import AskedPayer, Sharing
from points_bank.redemptions.register import LineKind, register_of
from points_bank.redemptions.reservation import (
    Collected,
    collect_reservation,
    own_reservations,
    reservation_code,
    reserve,
    reserve_own,
)
from points_bank.rewards.stock import Goods
from points_bank.searching import search
from points_bank.web import (
    Asking,
    Cursor,
    Id,
    Limit,
    Page,
    PathId,
    Reason,
    database_of,
    id_cursor,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)

T = TypeVar("T")

NAMED_OR_POOL = message("Either name who pays, or let the household pay.")

MOST_LINES = 20


class AskedItem(msgspec.Struct, forbid_unknown_fields=True):
    reward_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=999)]


Items = Annotated[list[AskedItem], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class OwnOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What a member asks for; each reward once."""

    desk_id: Id
    items: Items


class NewPayer(msgspec.Struct, forbid_unknown_fields=True):
    """Who of the household is to pay: so many points or, without a figure, what is still missing at their turn.

    `guardian_agreed`: for a minor, the guardian says yes to this one order.
    """

    member_id: Id
    points: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    guardian_agreed: bool = False


class DeskOrder(OwnOrder, forbid_unknown_fields=True):
    """What someone at the desk asks for. Exactly one of `member_id` and `card_no` says who.

    With `payers` these people of the household pay together, with `pool` the member first and then every adult of the
    household who agreed to share points, whose points lapse first in front.
    """

    member_id: Id | None = None
    card_no: ShortText | None = None
    payers: Annotated[list[NewPayer], msgspec.Meta(min_length=1, max_length=MOST_LINES)] | None = None
    pool: bool = False


class Exchange(DeskOrder, forbid_unknown_fields=True):
    """`proxy_id` says which person, authorised by the member on paper, collects it."""

    proxy_id: Id | None = None


class Collection(msgspec.Struct, forbid_unknown_fields=True):
    """`proxy_id` says which person, authorised by the member on paper, collects it."""

    desk_id: Id
    code: ShortText
    proxy_id: Id | None = None


class Cancellation(msgspec.Struct, forbid_unknown_fields=True):
    """`damaged` goods do not go back on the shelf; a second person confirms that they are written off."""

    reason: Reason
    damaged: Annotated[list[AskedItem], msgspec.Meta(max_length=MOST_LINES)] = []


class OwnCancellation(msgspec.Struct, forbid_unknown_fields=True):
    """A member need not say why."""

    reason: Reason | None = None


class ItemShape(msgspec.Struct):
    """`cost_points` is the cost of one on the day of ordering."""

    reward_id: int
    quantity: int
    cost_points: int


class PayerShape(msgspec.Struct):
    member_id: int
    points: int


class RedemptionShape(msgspec.Struct):
    """`spendable_points` is what the member has left to spend. `payers` paid together; empty where one paid alone."""

    id: int
    member_id: int
    desk_id: int
    state: RedemptionState
    amount_points: int
    spendable_points: int
    items: list[ItemShape]
    payers: list[PayerShape]


class OutlookShape(msgspec.Struct):
    """What an exchange would take, and from whom."""

    member_id: int
    desk_id: int
    amount_points: int
    items: list[ItemShape]
    payers: list[PayerShape]


class ReservationShape(msgspec.Struct):
    """`code` collects it at this desk before `expires_at`. `payers` paid together; empty where one paid alone."""

    id: int
    member_id: int
    desk_id: int
    state: RedemptionState
    code: str
    expires_at: datetime
    amount_points: int
    spendable_points: int
    items: list[ItemShape]
    payers: list[PayerShape]


class OpenReservationShape(msgspec.Struct):
    id: int
    desk_id: int
    state: RedemptionState
    code: str
    expires_at: datetime
    amount_points: int
    items: list[ItemShape]


class OutcomeShape(msgspec.Struct):
    """What became of a redemption, and what its member can spend now."""

    id: int
    state: RedemptionState
    amount_points: int
    spendable_points: int


class RegisterItemShape(ItemShape):
    name: str


class RegisterPayerShape(PayerShape):
    name: str


class RegisterLineShape(msgspec.Struct):
    """`balance_points` is the member's balance after it; `state` is that of the redemption now.

    `payers` paid together; empty where the member paid alone. `proxy_name` is who collected it for the member; null
    once it is erased, some time after the authorisation's end.
    """

    at: datetime
    kind: LineKind
    redemption_id: int
    state: RedemptionState
    member_id: int
    member_name: str
    card_tail: str | None
    items: list[RegisterItemShape]
    amount_points: int
    balance_points: int
    clerk_name: str | None
    payers: list[RegisterPayerShape]
    proxy_id: int | None
    proxy_name: str | None


@post("/redemptions", tags=["redemptions"])
async def post_redemption(request: Asking, data: JSONBody[Exchange]) -> Response[RedemptionShape]:
    """Hand over goods for points. Needs an Idempotency-Key."""
    answer = await write_keyed(request, Ordered, redeem, **_order(data), by=staff(request), key_required=True)
    return respond(answer, _convert(answer.outcome, RedemptionShape), status_code=201)


@post("/redemptions/preview", status_code=200, tags=["redemptions"])
async def post_preview(request: Asking, data: JSONBody[Exchange]) -> OutlookShape:
    """What an exchange would take and from whom, to be read out before it is done. Nothing moves."""
    outlook = await database_of(request).write(preview_redemption, **_order(data), by=staff(request))
    return _convert(outlook, OutlookShape)


@post("/reservations", tags=["redemptions"])
async def post_reservation(request: Asking, data: JSONBody[DeskOrder]) -> Response[ReservationShape]:
    """Put goods aside for a member and hold the points. Needs an Idempotency-Key."""
    answer = await write_keyed(request, Ordered, reserve, **_order(data), by=staff(request), key_required=True)
    return respond(answer, await _reservation(request, answer.outcome), status_code=201)


@post("/me/reservations", tags=["redemptions"])
async def post_own_reservation(request: Asking, data: JSONBody[OwnOrder]) -> Response[ReservationShape]:
    """Put goods aside for the member who asks and hold the points. Needs an Idempotency-Key."""
    answer = await write_keyed(request, Ordered, reserve_own, **_order(data), by=member(request), key_required=True)
    return respond(answer, await _reservation(request, answer.outcome), status_code=201)


@get("/me/reservations", tags=["redemptions"])
async def get_own_reservations(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[OpenReservationShape]:
    """What waits for the member who asks, with the codes."""
    found = await database_of(request).read(
        own_reservations, after_id=id_cursor(cursor), limit=limit + 1, by=member(request)
    )
    shown = [_convert(each, OpenReservationShape) for each in found]
    return page_of(shown, limit=limit, cursor_of=lambda reservation: reservation.id)


@post("/reservations/{redemption_id:int}/collection", status_code=200, tags=["redemptions"])
async def post_collection(request: Asking, redemption_id: PathId, data: JSONBody[Collection]) -> Response[OutcomeShape]:
    """Hand over what was reserved, for its code. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request, Collected, collect_reservation, redemption_id, desk_id=data.desk_id, code=data.code,
        proxy_id=data.proxy_id, by=staff(request), key_required=True,
    )  # fmt: skip
    return respond(answer, _convert(answer.outcome, OutcomeShape))


@post("/redemptions/{redemption_id:int}/cancellation", status_code=200, tags=["redemptions"])
async def post_cancellation(
    request: Asking, redemption_id: PathId, data: JSONBody[Cancellation]
) -> Response[OutcomeShape]:
    """Undo an exchange or a reservation: points go back to their lots, goods to stock. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request, Cancelled, cancel_redemption, redemption_id, reason=data.reason, damaged=_goods(data.damaged),
        by=staff(request), key_required=True,
    )  # fmt: skip
    return respond(answer, _convert(answer.outcome, OutcomeShape))


@post("/me/reservations/{redemption_id:int}/cancellation", status_code=200, tags=["redemptions"])
async def post_own_cancellation(
    request: Asking, redemption_id: PathId, data: JSONBody[OwnCancellation]
) -> Response[OutcomeShape]:
    """Undo a reservation of the member who asks. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request, Cancelled, cancel_own_reservation, redemption_id, reason=data.reason, by=member(request),
        key_required=True,
    )  # fmt: skip
    return respond(answer, _convert(answer.outcome, OutcomeShape))


@get("/desks/{desk_id:int}/register", tags=["redemptions"])
async def get_register(
    request: Asking,
    desk_id: PathId,
    on: Annotated[date | None, QueryParameter(description="A day of the district; today by default.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RegisterLineShape]:
    """What a desk handed over on a day, and what was undone, in order."""
    # A day's register only ever grows at its end, so that how many lines were seen is a cursor.
    skipped = id_cursor(cursor) or 0
    found = await search(
        request, database_of(request).read, register_of, desk_id, on=on, skipped=skipped, limit=limit + 1,
        by=staff(request),
    )  # fmt: skip
    shown = [_convert(each, RegisterLineShape) for each in found]
    return page_of(shown, limit=limit, cursor_of=lambda _: skipped + limit)


ROUTES: list[Any] = [
    post_redemption,
    post_preview,
    post_reservation,
    post_own_reservation,
    get_own_reservations,
    post_collection,
    post_cancellation,
    post_own_cancellation,
    get_register,
]


def _order(order: OwnOrder) -> dict[str, Any]:
    values = msgspec.structs.asdict(order) | {"items": _goods(order.items)}
    if isinstance(order, DeskOrder):
        values["sharing"] = _sharing(values.pop("payers"), is_pool=values.pop("pool"))
    return values


def _goods(items: list[AskedItem]) -> list[Goods]:
    return [Goods(item.reward_id, item.quantity) for item in items]


def _sharing(payers: list[NewPayer] | None, *, is_pool: bool) -> Sharing | None:
    if payers and is_pool:
        raise Invalid({"pool": NAMED_OR_POOL})
    if payers:
        return Sharing([AskedPayer(each.member_id, each.points, each.guardian_agreed) for each in payers])
    return Sharing() if is_pool else None


async def _reservation(request: Asking, ordered: Ordered) -> ReservationShape:
    """With its code, which is derived anew each time, a repeat included."""
    code = await database_of(request).read(reservation_code, ordered.id)
    assert ordered.expires_at is not None, "a reservation ends"
    items = [_convert(item, ItemShape) for item in ordered.items]
    payers = [_convert(payer, PayerShape) for payer in ordered.payers]
    return ReservationShape(
        ordered.id, ordered.member_id, ordered.desk_id, ordered.state, code, ordered.expires_at,
        ordered.amount_points, ordered.spendable_points, items, payers,
    )  # fmt: skip


def _convert(value: object, shape: type[T]) -> T:
    return msgspec.convert(value, shape, from_attributes=True)
