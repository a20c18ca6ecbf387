"""Extension orders over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from points_bank.extensions.carrying_out import give_order
from points_bank.extensions.orders import OrderLine, OrderState, list_orders, lots_of_order, order_seen
from points_bank.web import (
    NO_SPACES,
    Asking,
    Cursor,
    Id,
    Limit,
    Page,
    PathId,
    Reason,
    database_of,
    id_cursor,
    page_of,
    respond,
    staff,
    write_keyed,
)

OrderNo = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=NO_SPACES)]


class NewOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Lots that lapse, or lapsed, at the end of `lapses_on`, of who is at home in the branch or below."""

    order_no: OrderNo
    branch_id: Id
    lapses_on: date
    new_lapses_on: date
    reason: Reason


class OrderShape(msgspec.Struct):
    """`extended_points` were in the lots when they were extended, `reinstated_points` among them had lapsed."""

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


class ExtendedLotShape(msgspec.Struct):
    lot_id: int
    member_id: int
    remaining_points: int
    reinstated_points: int
    extended_at: datetime


@post("/extension-orders", tags=["extensions"])
async def post_order(request: Asking, data: JSONBody[NewOrder]) -> Response[OrderShape]:
    """Let points last longer by order, and give back what had lapsed of them. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request, OrderLine, give_order, **msgspec.structs.asdict(data), by=staff(request), key_required=True
    )
    return respond(answer, _order(answer.outcome), status_code=201)


@get("/extension-orders", tags=["extensions"])
async def get_orders(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[OrderShape]:
    """The orders of the caller's branches, newest first."""
    found = await database_of(request).read(
        list_orders, before_id=id_cursor(cursor), limit=limit + 1, by=staff(request)
    )
    return page_of([_order(each) for each in found], limit=limit, cursor_of=lambda order: order.id)


@get("/extension-orders/{order_id:int}", tags=["extensions"])
async def get_order(request: Asking, order_id: FromPath[PathId]) -> OrderShape:
    """An order, with what was done for it so far."""
    return _order(await database_of(request).read(order_seen, order_id, by=staff(request)))


@get("/extension-orders/{order_id:int}/lots", tags=["extensions"])
async def get_order_lots(
    request: Asking, order_id: FromPath[PathId], limit: Limit = 50, cursor: Cursor = None
) -> Page[ExtendedLotShape]:
    """The lots that an order was carried out for."""
    found = await database_of(request).read(
        lots_of_order, order_id, after_id=id_cursor(cursor), limit=limit + 1, by=staff(request)
    )
    shown = [msgspec.convert(each, ExtendedLotShape, from_attributes=True) for each in found]
    return page_of(shown, limit=limit, cursor_of=lambda lot: lot.lot_id)


ROUTES: list[Any] = [post_order, get_orders, get_order, get_order_lots]


def _order(order: OrderLine) -> OrderShape:
    return msgspec.convert(order, OrderShape, from_attributes=True)
