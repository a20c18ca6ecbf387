"""Waiting lists over HTTP."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from points_bank.rewards.models import WaitingState
from points_bank.waiting.joining import (
    WaitingLine,
    join_own_waiting_list,
    join_waiting_list,
    leave_waiting_list,
    own_places,
    waiting_for,
)
from points_bank.web import (
    LARGEST_ID,
    Asking,
    Cursor,
    Id,
    Limit,
    Page,
    PathId,
    anyone,
    database_of,
    id_cursor,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)

DeskId = Annotated[int, QueryParameter(ge=1, le=LARGEST_ID)]


class OwnPlace(msgspec.Struct, forbid_unknown_fields=True):
    reward_id: Id
    desk_id: Id


class NewPlace(msgspec.Struct, forbid_unknown_fields=True):
    """Exactly one of `member_id` and `card_no` says who waits."""

    desk_id: Id
    member_id: Id | None = None
    card_no: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None


class WaitingShape(msgspec.Struct):
    """`place` counts from 1; it is null once they were told that it is there again."""

    id: int
    desk_id: int
    reward_id: int
    member_id: int
    state: WaitingState
    joined_at: datetime
    told_at: datetime | None
    place: int | None


@post("/rewards/{reward_id:int}/waiting-list", tags=["waiting"])
async def post_place(request: Asking, reward_id: FromPath[PathId], data: JSONBody[NewPlace]) -> Response[WaitingShape]:
    """Put somebody in line for what is sold out at a desk."""
    answer = await write_keyed(
        request, WaitingLine, join_waiting_list, reward_id, **msgspec.structs.asdict(data), by=staff(request)
    )
    return respond(answer, _shown(answer.outcome), status_code=201)


@get("/rewards/{reward_id:int}/waiting-list", tags=["waiting"])
async def get_places(
    request: Asking, reward_id: FromPath[PathId], desk_id: DeskId, limit: Limit = 50, cursor: Cursor = None
) -> Page[WaitingShape]:
    """Who waits for a reward at a desk, the first in front."""
    found = await database_of(request).read(
        waiting_for, reward_id, desk_id=desk_id, after_id=id_cursor(cursor), limit=limit + 1, by=staff(request)
    )
    return _page(found, limit)


@delete("/waiting-list/{waiting_id:int}", status_code=204, tags=["waiting"])
async def delete_place(request: Asking, waiting_id: FromPath[PathId]) -> None:
    """Leave the line: members their own, staff anyone's at their desks."""
    await database_of(request).write(leave_waiting_list, waiting_id, by=anyone(request))


@post("/me/waiting-list", tags=["waiting"])
async def post_own_place(request: Asking, data: JSONBody[OwnPlace]) -> Response[WaitingShape]:
    """Stand in line for what is sold out at a desk."""
    answer = await write_keyed(
        request, WaitingLine, join_own_waiting_list, data.reward_id, desk_id=data.desk_id, by=member(request)
    )
    return respond(answer, _shown(answer.outcome), status_code=201)


@get("/me/waiting-list", tags=["waiting"])
async def get_own_places(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[WaitingShape]:
    """What the caller waits for."""
    found = await database_of(request).read(own_places, after_id=id_cursor(cursor), limit=limit + 1, by=member(request))
    return _page(found, limit)


ROUTES: list[Any] = [post_place, get_places, delete_place, post_own_place, get_own_places]


def _page(found: list[WaitingLine], limit: int) -> Page[WaitingShape]:
    return page_of([_shown(each) for each in found], limit=limit, cursor_of=lambda place: place.id)


def _shown(line: WaitingLine) -> WaitingShape:
    return msgspec.convert(line, WaitingShape, from_attributes=True)
