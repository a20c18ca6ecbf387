"""Donations, the help pool and its grants over HTTP."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from points_bank.gifts.donating import Donated, donate, donate_own, donations_of, receiver_name
from points_bank.gifts.granting import GrantLine, approve_grant, list_grants, propose_grant, reason_of, reject_grant
from points_bank.gifts.models import GrantState
from points_bank.gifts.pools import help_pool
from points_bank.idempotency import Answer
from points_bank.looks.models import View
from points_bank.web import (
    LARGEST_ID,
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
    looked,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)

T = TypeVar("T")

Points = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Branch = Annotated[int, QueryParameter(ge=1, le=LARGEST_ID)]


class NewDonation(msgspec.Struct, forbid_unknown_fields=True):
    """`to` is `help_pool`, or the number of another member's card."""

    points: Points
    to: Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=NO_SPACES)]


class NewGrant(msgspec.Struct, forbid_unknown_fields=True):
    """From the help pool that serves the branch, for a resident of it."""

    branch_id: Id
    member_id: Id
    points: Points
    reason: Reason


class DonationShape(msgspec.Struct):
    """`receiver_name` is masked, null for a donation to the help pool, whose branch `branch_id` then is."""

    id: int
    member_id: int
    receiver_id: int | None
    receiver_name: str | None
    branch_id: int | None
    points: int
    spendable_points: int


class DonationLineShape(msgspec.Struct):
    id: int
    member_id: int
    receiver_id: int | None
    branch_id: int | None
    points: int
    given_at: datetime
    given_by: str


class PoolLineShape(msgspec.Struct):
    branch_id: int
    remaining_points: int


class PoolShape(msgspec.Struct):
    """Of a branch and all below it. `proposed_points` are among the remaining ones until a second person decides."""

    branch_id: int
    remaining_points: int
    donated_points: int
    donations: int
    granted_points: int
    grants: int
    proposed_points: int
    pools: list[PoolLineShape]


class GrantShape(msgspec.Struct):
    id: int
    branch_id: int
    member_id: int
    points: int
    reason: str
    state: GrantState
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None


@post("/members/{member_id:int}/donations", tags=["gifts"])
async def post_donation(
    request: Asking, member_id: FromPath[PathId], data: JSONBody[NewDonation]
) -> Response[DonationShape]:
    """Give a member's points at the desk, as they asked. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request, Donated, donate, member_id, points=data.points, to=data.to, by=staff(request), key_required=True
    )
    return await _donated(request, answer)


@post("/me/donations", tags=["gifts"])
async def post_own_donation(request: Asking, data: JSONBody[NewDonation]) -> Response[DonationShape]:
    """Give points of the member who asks. Needs an Idempotency-Key."""
    answer = await write_keyed(
        request, Donated, donate_own, points=data.points, to=data.to, by=member(request), key_required=True
    )
    return await _donated(request, answer)


@get("/donations", tags=["gifts"])
async def get_donations(
    request: Asking, branch_id: Branch, limit: Limit = 50, cursor: Cursor = None
) -> Page[DonationLineShape]:
    """What members of a branch and all below it gave, newest first."""
    found = await database_of(request).read(
        donations_of, branch_id=branch_id, before_id=id_cursor(cursor), limit=limit + 1, by=staff(request)
    )
    return page_of([_convert(each, DonationLineShape) for each in found], limit=limit, cursor_of=lambda each: each.id)


@get("/help-pool", tags=["gifts"])
async def get_help_pool(request: Asking, branch_id: Branch) -> PoolShape:
    """What the help pools of a branch and all below it were given, gave, and have."""
    return _convert(await database_of(request).read(help_pool, branch_id, by=staff(request)), PoolShape)


@post("/help-pool/grants", tags=["gifts"])
async def post_grant(request: Asking, data: JSONBody[NewGrant]) -> Response[GrantShape]:
    """Propose points of the help pool for a resident in need."""
    answer = await write_keyed(request, GrantLine, propose_grant, **msgspec.structs.asdict(data), by=staff(request))
    return await _granted(request, answer, status_code=201)


@get("/help-pool/grants", tags=["gifts"])
async def get_grants(request: Asking, branch_id: Branch, limit: Limit = 50, cursor: Cursor = None) -> Page[GrantShape]:
    """Grants from the pools of a branch and all below it, newest first."""
    found = await database_of(request).read(
        list_grants, branch_id=branch_id, before_id=id_cursor(cursor), limit=limit + 1, by=staff(request)
    )
    looked(request, View.RECORD, *(each.member_id for each in found[:limit]))
    return page_of([_convert(each, GrantShape) for each in found], limit=limit, cursor_of=lambda grant: grant.id)


@post("/help-pool/grants/{grant_id:int}/approval", status_code=200, tags=["gifts"])
async def post_grant_approval(request: Asking, grant_id: FromPath[PathId]) -> Response[GrantShape]:
    """Give the points, as a second person. Needs an Idempotency-Key."""
    answer = await write_keyed(request, GrantLine, approve_grant, grant_id, by=staff(request), key_required=True)
    return await _granted(request, answer)


@post("/help-pool/grants/{grant_id:int}/rejection", status_code=200, tags=["gifts"])
async def post_grant_rejection(request: Asking, grant_id: FromPath[PathId]) -> Response[GrantShape]:
    """Let a proposal fall."""
    answer = await write_keyed(request, GrantLine, reject_grant, grant_id, by=staff(request))
    return await _granted(request, answer)


ROUTES: list[Any] = [
    post_donation,
    post_own_donation,
    get_donations,
    get_help_pool,
    post_grant,
    get_grants,
    post_grant_approval,
    post_grant_rejection,
]


async def _donated(request: Asking, answer: Answer[Donated]) -> Response[DonationShape]:
    """With the receiver's masked name, which is read anew each time, a repeat included."""
    given = answer.outcome
    name = await database_of(request).read(receiver_name, given.id)
    shown = DonationShape(
        given.id, given.member_id, given.receiver_id, name, given.branch_id, given.points, given.spendable_points
    )
    return respond(answer, shown, status_code=201)


async def _granted(request: Asking, answer: Answer[GrantLine], *, status_code: int = 200) -> Response[GrantShape]:
    """With the reason, which is read anew each time, a repeat included."""
    reason = await database_of(request).read(reason_of, answer.outcome.id)
    shown = GrantShape(**msgspec.structs.asdict(answer.outcome), reason=reason)
    return respond(answer, shown, status_code=status_code)


def _convert(value: object, shape: type[T]) -> T:
    return msgspec.convert(value, shape, from_attributes=True)
