"""The help pool at the branch office: what is in it, and points for residents in need, given by two people."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from points_bank.actor import Actor, Task
from points_bank.branches.tree import BranchLine, branch_of, list_branches
from points_bank.errors import PointsBankError
from points_bank.gifts.granting import (
    GrantLine,
    GrantRecord,
    approve_grant,
    list_grants,
    propose_grant,
    reject_grant,
)
from points_bank.gifts.pools import PoolView, help_pool, pool_branch, remaining_of
from points_bank.looks.models import View
from points_bank.members.record import MemberRecord, member_record, records_of
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.staff.roster import actor_names
from points_bank.transaction import Transaction
from points_bank.web import Asking, PathId, Reason, database_of, looked, staff

NEWEST_GRANTS = 100
MOST_BRANCHES = 500

Done = Annotated[Literal["proposed", "granted", "rejected"] | None, QueryParameter()]


class GrantForm(msgspec.Struct):
    points: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    reason: Reason


class PoolSeen(msgspec.Struct, frozen=True):
    """The pools of a branch and all below it, and their newest grants."""

    branch: BranchLine
    pool: PoolView
    grants: Sequence[GrantRecord]
    may_decide: bool


class PoolPage(Page, frozen=True, kw_only=True):
    """`people` are the names of members by id, `staff_names` those of who proposed and decided by `staff:5`; who reads
    is `reader`, and does not decide about what they proposed."""

    template: ClassVar[str] = "staff/help_pool.html"
    seen: Sequence[PoolSeen]
    people: Mapping[int, str]
    staff_names: Mapping[str, str]
    reader: str
    done: str | None


class GrantPage(Page, frozen=True, kw_only=True):
    """`remaining_points` are in the pool that serves the resident's branch."""

    template: ClassVar[str] = "staff/grant.html"
    record: MemberRecord
    pool_name: str
    remaining_points: int


@get("/staff/help-pool")
async def get_pool(request: Asking, done: Done = None) -> Response[str]:
    """What the help pools have, who was helped, and what waits for a second person."""
    return await _show(request, done=done)


@get("/staff/members/{member_id:int}/grant")
async def get_grant(request: Asking, member_id: FromPath[PathId]) -> Response[str]:
    """A form for a resident in need."""
    return await _grant_page(request, member_id)


@post("/staff/members/{member_id:int}/grant", status_code=200)
async def post_grant(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Propose points of the help pool for a resident; a second person decides."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(GrantForm)
        record = await database_of(request).read(member_record, member_id, by=by)
        await write_form(
            request, form, GrantLine, propose_grant, branch_id=record.branch_id, member_id=member_id,
            points=sent.points, reason=sent.reason, by=by,
        )  # fmt: skip
    except PointsBankError as refusal:
        beside = {"insufficient_points": "points"}
        return await _grant_page(request, member_id, form.refused(refusal, beside=beside))
    return go_to("/staff/help-pool?done=proposed")


@post("/staff/help-pool/grants/{grant_id:int}/approval", status_code=200)
async def post_approval(request: Asking, grant_id: FromPath[PathId]) -> Response[Any]:
    """Give the points, as a second person."""
    return await _decide(request, grant_id, approve_grant, "granted")


@post("/staff/help-pool/grants/{grant_id:int}/rejection", status_code=200)
async def post_rejection(request: Asking, grant_id: FromPath[PathId]) -> Response[Any]:
    """Let a proposal fall."""
    return await _decide(request, grant_id, reject_grant, "rejected")


PAGES: list[Any] = [get_pool, get_grant, post_grant, post_approval, post_rejection]


async def _decide(request: Asking, grant_id: int, act: Any, done: str) -> Response[Any]:
    form = await sent_form(request)
    try:
        await write_form(request, form, GrantLine, act, grant_id, by=staff(request))
    except PointsBankError as refusal:
        return await _show(request, form.refused(refusal))
    return go_to(f"/staff/help-pool?done={done}")


async def _show(request: Asking, form: Form | None = None, *, done: str | None = None) -> Response[str]:
    page = await database_of(request).read(_pool_page, done, by=staff(request))
    looked(request, View.RECORD, *page.people)
    return show(request, page, form)


async def _grant_page(request: Asking, member_id: int, form: Form | None = None) -> Response[str]:
    page = await database_of(request).read(_grant, member_id, by=staff(request))
    looked(request, View.RECORD, member_id)
    return show(request, page, form)


def _pool_page(tx: Transaction, done: str | None, *, by: Actor) -> PoolPage:
    paths = by.paths(Task.READ_HELP_POOL)
    branches = [each for each in list_branches(tx, under=None, limit=MOST_BRANCHES, by=by) if each.path in paths]
    seen = [
        PoolSeen(
            branch,
            help_pool(tx, branch.id, by=by),
            list_grants(tx, branch_id=branch.id, before_id=None, limit=NEWEST_GRANTS, by=by),
            by.may(Task.APPROVE, branch.path),
        )
        for branch in branches
    ]
    grants = [grant for each in seen for grant in each.grants]
    members = records_of(tx, sorted({grant.member_id for grant in grants}))
    deciders = [name for grant in grants for name in (grant.proposed_by, grant.decided_by) if name]
    return PoolPage(
        seen=seen,
        people={each.id: each.name for each in members},
        staff_names=actor_names(tx, deciders),
        reader=by.name,
        done=done,
    )


def _grant(tx: Transaction, member_id: int, *, by: Actor) -> GrantPage:
    record = member_record(tx, member_id, by=by)
    pool = pool_branch(tx, branch_of(tx, record.branch_id).path)
    by.require(Task.PROPOSE_GRANTS, pool.path)
    return GrantPage(record=record, pool_name=pool.name, remaining_points=remaining_of(tx, pool.id))
