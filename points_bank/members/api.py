"""Members over HTTP: for staff who keep them, and a member's own record."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from points_bank.members.cards import IssuedCard, LostCard, issue_card, report_loss
from points_bank.members.changes import change_member
from points_bank.members.consents import GivenConsent, give_consent, withdraw_consent
from points_bank.members.details import Details, Guardian
from points_bank.members.models import Purpose
from points_bank.members.moving import Moved, move_member
from points_bank.members.pins import PinSlip, next_pin_slip, pin_of, secret_of, set_pin
from points_bank.members.record import MemberRecord, member_record
from points_bank.members.register import Registered, register_member
from points_bank.members.search import Clue, Visitor, clue_of, find_by_card, find_members, plain_text
from points_bank.members.signing_in import find_pin, sign_in_member
from points_bank.staff.passwords import hash_password, is_password
from points_bank.staff.tokens import hash_of, new_token
from points_bank.web import (
    OPEN,
    Asking,
    Cursor,
    Id,
    Limit,
    Name,
    Page,
    PathId,
    QueryId,
    database_of,
    forget_callers,
    id_cursor,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)

PhoneText = Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
Purposes = Annotated[list[Purpose], msgspec.Meta(max_length=20)]
Query = Annotated[
    str | None,
    QueryParameter(
        max_length=80,
        description="A whole card or phone number, the last four digits of one, a name, or its pinyin initials.",
    ),
]


class GuardianShape(msgspec.Struct, forbid_unknown_fields=True):
    """Who agreed for a member under 18, and when."""

    name: Name
    consented_on: date


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    """A paper form. `phone` is a mobile or a landline as people write it."""

    name: Name
    branch_id: Id
    phone: PhoneText | None = None
    born_on: date | None = None
    is_party_member: bool = False
    guardian: GuardianShape | None = None
    consents: Purposes = []


class MemberChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is; null takes it away."""

    name: Name | UnsetType = UNSET
    phone: PhoneText | UnsetType | None = UNSET
    born_on: date | UnsetType | None = UNSET
    is_party_member: bool | UnsetType = UNSET
    guardian: GuardianShape | UnsetType | None = UNSET


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """`on` is today or at most 31 days back: from 00:00 of that day the member belongs to the branch."""

    branch_id: Id
    on: date


class MemberShape(msgspec.Struct):
    """`card_no` is the active card's, null when it was lost; `phone` is masked; `consents` are those in force."""

    id: int
    name: str
    branch_id: int
    card_no: str | None
    phone: str | None
    phone_tail: str | None
    born_on: date | None
    is_party_member: bool
    guardian: GuardianShape | None
    consents: list[Purpose]
    consents_given_at: dict[Purpose, datetime]
    registered_at: datetime
    closed_at: datetime | None


class VisitorShape(msgspec.Struct):
    """All that is told of a member of another branch, found by the whole card number."""

    id: int
    name: str
    card_no: str
    branch_id: int


class PinShape(msgspec.Struct):
    """Six digits, to be printed and handed over."""

    pin: str


class CardAndPin(msgspec.Struct, forbid_unknown_fields=True):
    card_no: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    pin: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class TokenShape(msgspec.Struct):
    """To be sent as `Authorization: Bearer TOKEN` to the routes below `/me`."""

    token: str
    expires_at: datetime


@post("/members", tags=["members"])
async def post_member(request: Asking, data: JSONBody[NewMember]) -> Response[Registered]:
    """Register a member of a branch, with a card."""
    values = msgspec.structs.asdict(data) | {"guardian": _guardian(data.guardian)}
    answer = await write_keyed(request, Registered, register_member, **values, by=staff(request))
    return respond(answer, answer.outcome, status_code=201)


@get("/members", tags=["members"])
async def get_members(
    request: Asking, q: Query = None, branch_id: QueryId = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[MemberShape | VisitorShape]:
    """Members of the caller's branches. By a whole card number also a visitor, whom staff may serve that day."""
    by, database, text = staff(request), database_of(request), plain_text(q)
    if clue_of(text) is Clue.CARD:
        shown = await database.write(find_by_card, text, by=by)
        return Page([_shape(each) for each in shown], None)
    found = await database.read(
        find_members, text=text, branch_id=branch_id, after=id_cursor(cursor), limit=limit, by=by
    )
    return page_of([_shape(each) for each in found], limit=limit, cursor_of=lambda shown: shown.id)


@get("/members/{member_id:int}", tags=["members"])
async def get_member(request: Asking, member_id: FromPath[PathId]) -> MemberShape:
    """The record of a member of the caller's branches."""
    return _member_shape(await database_of(request).read(member_record, member_id, by=staff(request)))


@patch("/members/{member_id:int}", tags=["members"])
async def patch_member(request: Asking, member_id: FromPath[PathId], data: JSONBody[MemberChanges]) -> MemberShape:
    """Change what is sent of a member's record."""
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    if "guardian" in given:
        given["guardian"] = _guardian(given["guardian"])
    details = Details(**given)  # type: ignore[typeddict-item]  # the struct above has the same fields and types
    return _member_shape(await database_of(request).write(change_member, member_id, details, by=staff(request)))


@post("/members/{member_id:int}/cards", tags=["members"])
async def post_card(request: Asking, member_id: FromPath[PathId]) -> Response[IssuedCard]:
    """Issue a card. The member's active card, if any, is refused from now on."""
    answer = await write_keyed(request, IssuedCard, issue_card, member_id, by=staff(request))
    return respond(answer, answer.outcome, status_code=201)


@post("/members/{member_id:int}/card-loss", tags=["members"])
async def post_card_loss(request: Asking, member_id: FromPath[PathId]) -> Response[LostCard]:
    """Report the member's card lost. Reported again, it stays as it was."""
    answer = await write_keyed(request, LostCard, report_loss, member_id, by=staff(request))
    return respond(answer, answer.outcome)


@post("/members/{member_id:int}/move", tags=["members"])
async def post_move(request: Asking, member_id: FromPath[PathId], data: JSONBody[Move]) -> Response[Moved]:
    """Hand a member over to another branch of the bank."""
    by, values = staff(request), msgspec.structs.asdict(data)
    answer = await write_keyed(request, Moved, move_member, member_id, **values, by=by)
    return respond(answer, answer.outcome)


@post("/members/{member_id:int}/pin", tags=["members"])
async def post_pin(request: Asking, member_id: FromPath[PathId]) -> Response[PinShape]:
    """Print a PIN slip. The PIN before it, and the tokens got with it, end now."""
    by, database = staff(request), database_of(request)
    slip = await database.read(next_pin_slip, member_id, by=by)
    pin = await database.read(pin_of, slip)
    pin_hash = await asyncio.to_thread(hash_password, secret_of(member_id, pin))
    answer = await write_keyed(request, PinSlip, set_pin, slip, pin_hash=pin_hash, by=by)
    forget_callers(request)
    return respond(answer, PinShape(await database.read(pin_of, answer.outcome)), status_code=201)


@post("/member-tokens", tags=["me"], opt=OPEN)
async def post_member_token(request: Asking, data: JSONBody[CardAndPin]) -> Response[TokenShape]:
    """Sign in as a member with card number and PIN. The token is shown this once; sent again, there is another one."""
    database, token = database_of(request), new_token()
    found = await database.read(find_pin, card_no=data.card_no)
    is_pin = await asyncio.to_thread(is_password, secret_of(found.member_id, data.pin), found.pin_hash)
    expires_at = await database.write(sign_in_member, found, is_pin=is_pin, token_hash=hash_of(token))
    return Response(TokenShape(token, expires_at), status_code=201)


@put("/members/{member_id:int}/consents/{purpose:str}", tags=["members"])
async def put_consent(request: Asking, member_id: FromPath[PathId], purpose: FromPath[Purpose]) -> GivenConsent:
    """Write down a consent that the member gave on paper."""
    return await database_of(request).write(give_consent, member_id, purpose, by=staff(request))


@delete("/members/{member_id:int}/consents/{purpose:str}", tags=["members"])
async def delete_consent(request: Asking, member_id: FromPath[PathId], purpose: FromPath[Purpose]) -> None:
    """Write down that the member withdrew a consent."""
    await database_of(request).write(withdraw_consent, member_id, purpose, by=staff(request))


@get("/me", tags=["me"])
async def get_own_record(request: Asking) -> MemberShape:
    """The caller's own record."""
    by = member(request)
    return _member_shape(await database_of(request).read(member_record, by.id, by=by))


@put("/me/consents/{purpose:str}", tags=["me"])
async def put_own_consent(request: Asking, purpose: FromPath[Purpose]) -> GivenConsent:
    """Agree to a purpose."""
    by = member(request)
    return await database_of(request).write(give_consent, by.id, purpose, by=by)


@delete("/me/consents/{purpose:str}", tags=["me"])
async def delete_own_consent(request: Asking, purpose: FromPath[Purpose]) -> None:
    """Withdraw a consent."""
    by = member(request)
    await database_of(request).write(withdraw_consent, by.id, purpose, by=by)


ROUTES: list[Any] = [
    post_member,
    get_members,
    get_member,
    patch_member,
    post_card,
    post_card_loss,
    post_move,
    post_pin,
    post_member_token,
    put_consent,
    delete_consent,
    get_own_record,
    put_own_consent,
    delete_own_consent,
]


def _guardian(shape: GuardianShape | None) -> Guardian | None:
    return None if shape is None else Guardian(shape.name, shape.consented_on)


def _shape(found: MemberRecord | Visitor) -> MemberShape | VisitorShape:
    if isinstance(found, Visitor):
        return VisitorShape(found.id, found.name, found.card_no, found.branch_id)
    return _member_shape(found)


def _member_shape(record: MemberRecord) -> MemberShape:
    return msgspec.convert(record, MemberShape, from_attributes=True)
