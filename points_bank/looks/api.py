"""Looks over HTTP: for the district's administration by who or whom, for members those at themselves."""

from typing import Any

from litestar import get

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


@get("/looks", tags=["audit"])
async def get_looks(
    request: Asking,
    member_id: QueryId = None,
    staff_id: QueryId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LookLine]:
    """Who looked at whose data, newest first: at a member, by staff, or all. For the district's administration."""
    found = await database_of(request).read(
        looks_seen, member_id=member_id, staff_id=staff_id, before_id=id_cursor(cursor), limit=limit, by=staff(request)
    )
    return page_of(found, limit=limit, cursor_of=lambda shown: shown.id)


@get("/me/looks", tags=["me"])
async def get_own_looks(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[LookAtMember]:
    """Who looked at the caller's own data, newest first."""
    by = member(request)
    found = await database_of(request).read(looks_at_member, by.id, before_id=id_cursor(cursor), limit=limit, by=by)
    return page_of(found, limit=limit, cursor_of=lambda shown: shown.id)


ROUTES: list[Any] = [get_looks, get_own_looks]
