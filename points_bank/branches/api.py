"""Branches over HTTP: adding one, and the tree as far as the caller sees it."""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter

from points_bank.branches.models import BranchKind, ManagementMode
from points_bank.branches.tree import BranchLine, add_branch, branch_seen, list_branches
from points_bank.web import (
    Asking,
    Code,
    Cursor,
    Id,
    Limit,
    Page,
    PathId,
    QueryId,
    ThingName,
    database_of,
    id_cursor,
    page_of,
    respond,
    staff,
    write_keyed,
)


class NewBranch(msgspec.Struct, forbid_unknown_fields=True):
    """A branch to be added below `parent_id`; both dates are days on which it exists."""

    code: Code
    name: ThingName
    kind: BranchKind
    parent_id: Id
    management_mode: ManagementMode | None = None
    valid_from_on: date | None = None
    valid_until_on: date | None = None


class BranchShape(msgspec.Struct):
    """`parent_id` is null for the district alone."""

    id: int
    code: str
    name: str
    kind: BranchKind
    parent_id: int | None
    management_mode: ManagementMode | None
    valid_from_on: date | None
    valid_until_on: date | None


@post("/branches", tags=["branches"])
async def post_branch(request: Asking, data: JSONBody[NewBranch]) -> Response[BranchShape]:
    """Add a branch below another one of the caller's."""
    answer = await write_keyed(request, BranchLine, add_branch, **msgspec.structs.asdict(data), by=staff(request))
    return respond(answer, _shape(answer.outcome), status_code=201)


@get("/branches", tags=["branches"])
async def get_branches(
    request: Asking,
    under: Annotated[QueryId, QueryParameter(description="This branch and all below it; all by default.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BranchShape]:
    """The branches that the caller has anything to do with, a parent before what lies below it."""
    found = await database_of(request).read(
        list_branches, under=under, after_id=id_cursor(cursor), limit=limit + 1, by=staff(request)
    )
    return page_of([_shape(branch) for branch in found], limit=limit, cursor_of=lambda shown: shown.id)


@get("/branches/{branch_id:int}", tags=["branches"])
async def get_branch(request: Asking, branch_id: PathId) -> BranchShape:
    """One branch of the caller's."""
    return _shape(await database_of(request).read(branch_seen, branch_id, by=staff(request)))


ROUTES: list[Any] = [post_branch, get_branches, get_branch]


def _shape(branch: BranchLine) -> BranchShape:
    return msgspec.convert(branch, BranchShape, from_attributes=True)
