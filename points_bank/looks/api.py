"""Looks over HTTP: for the district's administration by who or whom, for members those at themselves."""

from datetime import date, datetime
from typing import Any

import msgspec
from litestar import get

from points_bank.looks.models import View
from points_bank.members.looks_at import LookAtMember, looks_at_member
from points_bank.staff.trail import LookLine, looks_seen
from points_bank.web import (
    Asking,
    Cursor,
    Limit,
    Page,
    QueryId,
    database_of,
    id_cursor,
    member,
    page_of,
    staff,
)


class LookShape(msgspec.Struct):
    """What of a member was seen by staff on a day, from when to when, and how often."""

    id: int
    staff_id: int
    member_id: int
    view: View
    looked_on: date
    first_at: datetime
    last_at: datetime
    times: int


@get("/looks", tags=["audit"])
async def get_looks(
    request: Asking,
    member_id: QueryId = None,
    staff_id: QueryId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LookShape]:
    """Who looked at whose data, newest first: at a member, by staff, or all. For the district's administration."""
    found = await database_of(request).read(
        looks_seen, member_id=member_id, staff_id=staff_id, before_id=id_cursor(cursor), limit=limit, by=staff(request)
    )
    return page_of([_shape(each) for each in found], limit=limit, cursor_of=lambda shown: shown.id)


@get("/me/looks", tags=["me"])
async def get_own_looks(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[LookAtMember]:
    """Who looked at the caller's own data, newest first."""
    by = member(request)
    found = await database_of(request).read(looks_at_member, by.id, before_id=id_cursor(cursor), limit=limit, by=by)
    return page_of(found, limit=limit, cursor_of=lambda shown: shown.id)


def _shape(line: LookLine) -> LookShape:
    return msgspec.convert(line, LookShape, from_attributes=True)


ROUTES: list[Any] = [get_looks, get_own_looks]
