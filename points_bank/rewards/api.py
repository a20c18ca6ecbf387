"""Desks, rewards, stock and sponsors over HTTP."""

from datetime import date
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, get, patch, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from points_bank.downloads import asked_format, download
from points_bank.rewards.catalogue import RewardLine, add_reward, change_reward, own_rewards, rewards_at_desk
from points_bank.rewards.desks import (
    DeskChanges,
    DeskLine,
    add_desk,
    change_desk,
    list_desks,
    opening_days_of_desk,
)
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.month_sheet import month_sheet, sheet_of
from points_bank.rewards.opening_days import Opening, hours_of
from points_bank.rewards.shapes import (
    DeskChange,
    DeskShape,
    MonthSheetShape,
    MovementShape,
    NewDesk,
    NewMovement,
    NewReward,
    NewSponsor,
    OpeningDayShape,
    OpeningDaysShape,
    OpeningShape,
    Rejection,
    RewardChange,
    RewardInStockShape,
    RewardShape,
    SponsorShape,
    WriteOffShape,
)
from points_bank.rewards.sponsors import SponsorLine, add_sponsor, list_sponsors
from points_bank.rewards.stock import Moved, move_stock
from points_bank.rewards.write_offs import WriteOffLine, confirm_write_off, reject_write_off, write_offs_of_desk
from points_bank.web import (
    Asking,
    Cursor,
    Limit,
    Page,
    PathId,
    QueryId,
    anyone,
    database_of,
    id_cursor,
    language,
    page_of,
    respond,
    staff,
    write_keyed,
)

T = TypeVar("T")


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
        opening=_opening(data.opening),
        by=staff(request),
    )
    return respond(answer, _desk(answer.outcome), status_code=201)


@patch("/desks/{desk_id:int}", tags=["rewards"])
async def patch_desk(request: Asking, desk_id: PathId, data: JSONBody[DeskChange]) -> DeskShape:
    """Change a desk's name or opening days."""
    changes = DeskChanges()
    if data.name is not UNSET:
        changes["name"] = data.name
    if data.opening is not UNSET:
        changes["opening"] = _opening(data.opening)
    return _desk(await database_of(request).write(change_desk, desk_id, changes, by=staff(request)))


@get("/desks/{desk_id:int}/opening-days", tags=["rewards"])
async def get_opening_days(
    request: Asking,
    desk_id: PathId,
    from_on: Annotated[date | None, QueryParameter(description="Today by default.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=60)] = 12,
) -> OpeningDaysShape:
    """The next days on which a desk opens, holidays considered."""
    opening, days = await database_of(request).read(
        opening_days_of_desk, desk_id, from_on=from_on, limit=limit, by=anyone(request)
    )
    hours = [] if opening is None else list(hours_of(opening))
    return OpeningDaysShape(opening is None, [OpeningDayShape(each.on, hours, each.put_off_from) for each in days])


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
        sponsor_id=data.sponsor_id,
        by=staff(request),
        key_required=True,
    )
    return respond(answer, _convert(answer.outcome, MovementShape), status_code=201)


@post("/stock-movements/{movement_id:int}/confirmation", status_code=200, tags=["rewards"])
async def post_confirmation(request: Asking, movement_id: PathId) -> Response[WriteOffShape]:
    """Sign, as a second person, that goods are damaged. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request, WriteOffLine, confirm_write_off, movement_id, by=staff(request), key_required=True
    )
    return respond(answer, _convert(answer.outcome, WriteOffShape))


@post("/stock-movements/{movement_id:int}/rejection", status_code=200, tags=["rewards"])
async def post_write_off_rejection(
    request: Asking, movement_id: PathId, data: JSONBody[Rejection]
) -> Response[WriteOffShape]:
    """Put goods back on the shelf that are not damaged. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request, WriteOffLine, reject_write_off, movement_id, reason=data.reason, by=staff(request), key_required=True
    )
    return respond(answer, _convert(answer.outcome, WriteOffShape))


@get("/desks/{desk_id:int}/write-offs", tags=["rewards"])
async def get_write_offs(
    request: Asking, desk_id: PathId, limit: Limit = 50, cursor: Cursor = None
) -> Page[WriteOffShape]:
    """What was found damaged at a desk, newest first, decided or not."""
    found = await database_of(request).read(
        write_offs_of_desk, desk_id, before_id=id_cursor(cursor), limit=limit + 1, by=staff(request)
    )
    return page_of([_convert(each, WriteOffShape) for each in found], limit=limit, cursor_of=lambda line: line.id)


@post("/sponsors", tags=["sponsors"])
async def post_sponsor(request: Asking, data: JSONBody[NewSponsor]) -> Response[SponsorShape]:
    """Write down a sponsor."""
    answer = await write_keyed(
        request, SponsorLine, add_sponsor, name=data.name, branch_id=data.branch_id, by=staff(request)
    )
    return respond(answer, _convert(answer.outcome, SponsorShape), status_code=201)


@get("/sponsors", tags=["sponsors"])
async def get_sponsors(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[SponsorShape]:
    """The sponsors of the caller's branches."""
    found = await database_of(request).read(
        list_sponsors, after_id=id_cursor(cursor), limit=limit + 1, by=staff(request)
    )
    return page_of([_convert(each, SponsorShape) for each in found], limit=limit, cursor_of=lambda line: line.id)


@get(
    "/sponsors/{sponsor_id:int}/months/{month:str}",
    tags=["sponsors"],
    responses={200: ResponseSpec(MonthSheetShape, generate_examples=False, description="The month sheet")},
)
async def get_month_sheet(request: Asking, sponsor_id: PathId, month: FromPath[str]) -> Response[Any]:
    """What came of a sponsor's goods in a month; a file with `.csv` or `.xlsx` at the end. It names nobody."""
    name, kind = asked_format(month)
    found = await database_of(request).read(month_sheet, sponsor_id, name, by=staff(request))
    if kind is not None:
        return await download(request, f"sponsor-{sponsor_id}-{name}", kind, [sheet_of(found, language(request))])
    return Response(_convert(found, MonthSheetShape))


ROUTES: list[Any] = [
    post_desk,
    patch_desk,
    get_desks,
    get_opening_days,
    post_reward,
    patch_reward,
    get_rewards,
    post_stock_movement,
    post_confirmation,
    post_write_off_rejection,
    get_write_offs,
    post_sponsor,
    get_sponsors,
    get_month_sheet,
]


def _opening(shape: OpeningShape | None) -> Opening | None:
    return None if shape is None else Opening.from_json(msgspec.to_builtins(shape))


def _desk(line: DeskLine) -> DeskShape:
    opening = None if line.opening is None else msgspec.convert(line.opening.to_json(), OpeningShape)
    return DeskShape(line.id, line.code, line.name, line.branch_id, opening)


def _reward(line: RewardLine) -> RewardShape:
    return _convert(line, RewardShape)


def _convert(value: object, shape: type[T]) -> T:
    return msgspec.convert(value, shape, from_attributes=True)
