"""Staff over HTTP: people and their rights, signing in, and tokens."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody, QueryParameter

from points_bank.actor import Role
from points_bank.staff.accounts import Account, change_password, disable_staff, enable_staff
from points_bank.staff.handover import HandedOver, hand_over
from points_bank.staff.passwords import LONGEST, hash_password, is_password
from points_bank.staff.people import (
    RightId,
    StaffId,
    create_staff,
    grant_right,
    list_staff,
    withdraw_right,
)
from points_bank.staff.signing_in import find_credentials, sign_in
from points_bank.staff.tokens import hash_of, new_token, revoke_token
from points_bank.staff.trail import audit_trail
from points_bank.web import (
    LARGEST_ID,
    NO_SPACES,
    OPEN,
    Asking,
    Cursor,
    Id,
    Limit,
    Name,
    Page,
    PathId,
    anyone,
    database_of,
    forget_callers,
    id_cursor,
    origin_of,
    page_of,
    respond,
    staff,
    token_hash_of,
    write_keyed,
)

Login = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=NO_SPACES)]
Named = Annotated[str | None, QueryParameter(pattern=r"^[a-z_]+(:[0-9A-Za-z_.-]{1,40})?$(?!\n)", max_length=64)]
Password = Annotated[str, msgspec.Meta(max_length=LONGEST)]


class NewStaff(msgspec.Struct, forbid_unknown_fields=True):
    """`member_id` is the volunteer that the same person is; a password has 10 to 200 characters."""

    login: Login
    name: Name
    password: Password
    member_id: Id | None = None


class StaffShape(msgspec.Struct):
    id: int
    login: str
    name: str
    member_id: int | None


class NewRight(msgspec.Struct, forbid_unknown_fields=True):
    """A role over a branch and all below it, from 00:00 of `from_on` (today) to 24:00 of `until_on` (no end)."""

    role: Role
    branch_id: Id
    from_on: date | None = None
    until_on: date | None = None


class RightShape(msgspec.Struct):
    id: int
    staff_id: int
    role: Role
    branch_id: int
    from_on: date
    until_on: date | None


class Handover(msgspec.Struct, forbid_unknown_fields=True):
    """Who follows, over which branch, and the last day of who leaves: today or one to come."""

    to_staff_id: Id
    branch_id: Id
    on: date


class HandedOverShape(msgspec.Struct):
    on: date
    ended_right_ids: list[int]
    granted_right_ids: list[int]


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """A password has 10 to 200 characters."""

    password: Password


class AccountShape(msgspec.Struct):
    """Shut out since `disabled_at`."""

    id: int
    login: str
    disabled_at: datetime | None


class StaffWithRights(msgspec.Struct):
    """`rights` are those that run or are to come, in the caller's branches. Shut out since `disabled_at`."""

    id: int
    login: str
    name: str
    member_id: int | None
    disabled_at: datetime | None
    rights: list[RightShape]


class TrailShape(msgspec.Struct):
    """`details` are ids and names of fields, never values."""

    id: int
    at: datetime
    actor: str
    act: str
    subject: str
    details: list[str]


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    login: Login
    password: Password


class TokenShape(msgspec.Struct):
    """The token is shown this once."""

    token: str
    expires_at: datetime


@post("/staff", tags=["staff"])
async def post_staff(request: Asking, data: JSONBody[NewStaff]) -> Response[StaffShape]:
    """Add a member of staff, without rights yet."""
    by = staff(request)
    values: dict[str, Any] = {"login": data.login, "name": data.name, "member_id": data.member_id}
    password_hash = await asyncio.to_thread(hash_password, data.password)
    answer = await write_keyed(request, StaffId, create_staff, **values, password_hash=password_hash, by=by)
    return respond(answer, StaffShape(id=answer.outcome.id, **values), status_code=201)


@get("/staff", tags=["staff"])
async def get_staff(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[StaffWithRights]:
    """Staff with rights in the caller's branches, and staff without any right."""
    found = await database_of(request).read(list_staff, after_id=id_cursor(cursor), limit=limit + 1, by=staff(request))
    shown = [msgspec.convert(line, StaffWithRights, from_attributes=True) for line in found]
    return page_of(shown, limit=limit, cursor_of=lambda line: line.id)


@post("/staff/{staff_id:int}/rights", tags=["staff"])
async def post_right(request: Asking, staff_id: PathId, data: JSONBody[NewRight]) -> Response[RightShape]:
    """Give staff a role over a branch of the caller's and all below it."""
    values = msgspec.structs.asdict(data)
    answer = await write_keyed(request, RightId, grant_right, staff_id, **values, by=staff(request))
    forget_callers(request)
    granted = RightShape(**{**values, "id": answer.outcome.id, "staff_id": staff_id, "from_on": answer.outcome.from_on})
    return respond(answer, granted, status_code=201)


@delete("/staff/{staff_id:int}/rights/{right_id:int}", tags=["staff"])
async def delete_right(request: Asking, staff_id: PathId, right_id: PathId) -> None:
    """Withdraw a right now."""
    await database_of(request).write(withdraw_right, staff_id, right_id=right_id, by=staff(request))
    forget_callers(request)


@post("/staff/{staff_id:int}/handover", status_code=200, tags=["staff"])
async def post_handover(request: Asking, staff_id: PathId, data: JSONBody[Handover]) -> Response[HandedOverShape]:
    """End someone's rights over a branch at 24:00 of a day, and give them to a successor from that day on."""
    values = msgspec.structs.asdict(data)
    answer = await write_keyed(request, HandedOver, hand_over, staff_id, **values, by=staff(request))
    forget_callers(request)
    return respond(answer, msgspec.convert(answer.outcome, HandedOverShape, from_attributes=True))


@post("/staff/{staff_id:int}/password", status_code=200, tags=["staff"])
async def post_password(request: Asking, staff_id: PathId, data: JSONBody[NewPassword]) -> Response[AccountShape]:
    """Give someone another password; all their tokens and sessions end."""
    by, password_hash = staff(request), await asyncio.to_thread(hash_password, data.password)
    answer = await write_keyed(request, Account, change_password, staff_id, password_hash=password_hash, by=by)
    forget_callers(request)
    return respond(answer, msgspec.convert(answer.outcome, AccountShape, from_attributes=True))


@post("/staff/{staff_id:int}/disabling", status_code=200, tags=["staff"])
async def post_disabling(request: Asking, staff_id: PathId) -> Response[AccountShape]:
    """Shut someone out; all their tokens and sessions end."""
    answer = await write_keyed(request, Account, disable_staff, staff_id, by=staff(request))
    forget_callers(request)
    return respond(answer, msgspec.convert(answer.outcome, AccountShape, from_attributes=True))


@delete("/staff/{staff_id:int}/disabling", tags=["staff"])
async def delete_disabling(request: Asking, staff_id: PathId) -> None:
    """Let someone in again, with the password and the rights that they have."""
    await database_of(request).write(enable_staff, staff_id, by=staff(request))


@get("/audit", tags=["audit"])
async def get_audit(
    request: Asking,
    subject: Named = None,
    actor: Named = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TrailShape]:
    """Who did what, newest first: to `subject=staff:5`, or by `actor=staff:5`. For the district's administration."""
    before_id = id_cursor(cursor) or LARGEST_ID
    found = await database_of(request).read(
        audit_trail, subject=subject, actor=actor, before_id=before_id, limit=limit + 1, by=staff(request)
    )
    shown = [msgspec.convert(line, TrailShape, from_attributes=True) for line in found]
    return page_of(shown, limit=limit, cursor_of=lambda line: line.id)


@post("/staff-tokens", tags=["tokens"], opt=OPEN)
async def post_staff_token(request: Asking, data: JSONBody[SignIn]) -> Response[TokenShape]:
    """Sign in: a token for 12 hours. Each time another one, so an Idempotency-Key changes nothing here."""
    database, token = database_of(request), new_token()
    found = await database.read(find_credentials, login=data.login, origin=origin_of(request))
    is_right = await asyncio.to_thread(is_password, data.password, found.password_hash)
    expires_at = await database.write(sign_in, found, is_password=is_right, token_hash=hash_of(token))
    return Response(TokenShape(token, expires_at), status_code=201)


@delete("/tokens/current", tags=["tokens"])
async def delete_token(request: Asking) -> None:
    """Sign out: end the token that this request came with."""
    await database_of(request).write(revoke_token, token_hash=token_hash_of(request), by=anyone(request))
    forget_callers(request)


ROUTES: list[Any] = [
    post_staff,
    get_staff,
    post_right,
    delete_right,
    post_handover,
    post_password,
    post_disabling,
    delete_disabling,
    get_audit,
    post_staff_token,
    delete_token,
]
