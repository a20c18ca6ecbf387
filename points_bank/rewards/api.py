"""Desks, rewards and stock over HTTP."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, patch, post
from litestar.params import JSONBody

from points_bank.rewards.catalogue import RewardLine, add_reward, change_reward, own_rewards, rewards_at_desk
from points_bank.rewards.desks import DeskLine, add_desk, list_desks
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import LARGEST_QUANTITY, Moved, move_stock
from points_bank.web import (
    Asking,
    Code,
    Cursor,
    Id,
    Limit,
    Line,
    Page,
    PathId,
    QueryId,
    Reason,
    anyone,
    database_of,
    id_cursor,
    page_of,
    respond,
    staff,
    write_keyed,
)

Cost = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Quantity = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_QUANTITY)]


class NewDesk(msgspec.Struct, forbid_unknown_fields=True):
    """A desk without opening days is always open; others are not known yet."""

    code: Code
    name: Line
    branch_id: Id
    opening: None = None


class DeskShape(msgspec.Struct):
    id: int
    code: str
    name: str
    branch_id: int
    opening: None = None


class NewReward(msgspec.Struct, forbid_unknown_fields=True):
    """Offered in its branch and all below it; by default in the branch that the caller administers."""

    name: Line
    cost_points: Cost
    branch_id: Id | None = None
    is_offered: bool = True


class RewardChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Line | None = None
    cost_points: Cost | None = None
    is_offered: bool | None = None


class RewardShape(msgspec.Struct):
    id: int
    branch_id: int
    name: str
    cost_points: int
    is_offered: bool


class RewardInStockShape(RewardShape):
    """`remaining` is what the desk asked about has, or all desks of the caller together."""

    remaining: int


class NewMovement(msgspec.Struct, forbid_unknown_fields=True):
    """`counted` tells how many were found; what is damaged or handed back needs a reason."""

    desk_id: Id
    kind: Literal["received", "counted", "damaged", "returned"]
    quantity: Quantity
    reason: Reason | None = None


class MovementShape(msgspec.Struct):
    """`quantity` as booked, negative for what went: a count is booked as its difference to the books."""

    id: int
    kind: StockMovementKind
    quantity: int
    remaining: int


@post("/desks", tags=["rewards"])
async def post_desk(request: Asking, data: JSONBody[NewDesk]) -> Response[DeskShape]:
    """Open a desk."""
    answer = await write_keyed(
        request,
        DeskLine,
        add_desk,
        code=data.code,
        name=data.name,
        branch_id=data.branch_id,
        by=staff(request),
    )
    return respond(answer, _desk(answer.outcome), status_code=201)


@get("/desks", tags=["rewards"])
async def get_desks(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[DeskShape]:
    """The desks of the caller's branches; a member sees all."""
    after_id = id_cursor(cursor)
    found = await database_of(request).read(list_desks, after_id=after_id, limit=limit + 1, by=anyone(request))
    return page_of([_desk(each) for each in found], limit=limit, cursor_of=lambda desk: desk.id)


@post("/rewards", tags=["rewards"])
async def post_reward(request: Asking, data: JSONBody[NewReward]) -> Response[RewardShape]:
    """Offer a reward."""
    answer = await write_keyed(request, RewardLine, add_reward, **msgspec.structs.asdict(data), by=staff(request))
    return respond(answer, _reward(answer.outcome), status_code=201)


@patch("/rewards/{reward_id:int}", tags=["rewards"])
async def patch_reward(request: Asking, reward_id: PathId, data: JSONBody[RewardChange]) -> RewardShape:
    """Change a reward. What was ordered before keeps its cost."""
    changed = await database_of(request).write(
        change_reward, reward_id, **msgspec.structs.asdict(data), by=staff(request)
    )
    return _reward(changed)


@get("/rewards", tags=["rewards"])
async def get_rewards(
    request: Asking, desk_id: QueryId = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[RewardInStockShape]:
    """What a desk offers and has left; without a desk all rewards of the caller's branches."""
    database, by, after_id = database_of(request), anyone(request), id_cursor(cursor)
    if desk_id is None:
        found = await database.read(own_rewards, after_id=after_id, limit=limit + 1, by=by)
    else:
        found = await database.read(rewards_at_desk, desk_id=desk_id, after_id=after_id, limit=limit + 1, by=by)
    shown = [msgspec.convert(each, RewardInStockShape, from_attributes=True) for each in found]
    return page_of(shown, limit=limit, cursor_of=lambda reward: reward.id)


@post("/rewards/{reward_id:int}/stock-movements", tags=["rewards"])
async def post_stock_movement(
    request: Asking, reward_id: PathId, data: JSONBody[NewMovement]
) -> Response[MovementShape]:
    """Book goods in or out at a desk, or what was counted. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request,
        Moved,
        move_stock,
        reward_id,
        desk_id=data.desk_id,
        kind=StockMovementKind(data.kind),
        quantity=data.quantity,
        reason=data.reason,
        by=staff(request),
        key_required=True,
    )
    return respond(answer, msgspec.convert(answer.outcome, MovementShape, from_attributes=True), status_code=201)


ROUTES: list[Any] = [post_desk, get_desks, post_reward, patch_reward, get_rewards, post_stock_movement]


def _desk(line: DeskLine) -> DeskShape:
    return msgspec.convert(line, DeskShape, from_attributes=True)


def _reward(line: RewardLine) -> RewardShape:
    return msgspec.convert(line, RewardShape, from_attributes=True)
