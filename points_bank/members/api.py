"""Members over HTTP: for staff who keep them, and a member's own record."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from points_bank.looks.models import View
from points_bank.members.cards import IssuedCard, LostCard, issue_card, report_loss
from points_bank.members.changes import change_member
from points_bank.members.consents import GivenConsent, give_consent, withdraw_consent
from points_bank.members.details import Details, Guardian
from points_bank.members.erasure import ErasedMember, erase_member
from points_bank.members.households import (
    Housed,
    HouseholdRecord,
    add_household,
    household_of_member,
    household_record,
    join_household,
    leave_household,
)
from points_bank.members.models import Purpose
from points_bank.members.moving import Moved, move_member
from points_bank.members.pins import PinSlip, next_pin_slip, pin_of, secret_of, set_pin
from points_bank.members.proxies import AuthorisedProxy, ProxyLine, end_proxy, register_proxy
from points_bank.members.record import MemberRecord, member_record
from points_bank.members.register import Registered, register_member
from points_bank.members.search import Clue, Visitor, clue_of, find_by_card, find_members, plain_text
from points_bank.members.shapes import (
    CardAndPin,
    GuardianShape,
    HouseholdShape,
    MemberChanges,
    MemberShape,
    Move,
    NewHousehold,
    NewMember,
    NewProxy,
    NewResident,
    PinShape,
    ProxyShape,
    TokenShape,
    VisitorShape,
)
from points_bank.members.signing_in import find_pin, sign_in_member
from points_bank.members.twins import PossibleTwins, find_twins, people_among
from points_bank.redemptions.proxies import proxies_as_used
from points_bank.searching import search
from points_bank.staff.passwords import hash_password, is_password
from points_bank.staff.tokens import hash_of, new_token
from points_bank.web import (
    OPEN,
    Asking,
    Cursor,
    Limit,
    Page,
    PathId,
    QueryId,
    database_of,
    forget_callers,
    id_cursor,
    looked,
    member,
    origin_of,
    page_of,
    respond,
    staff,
    write_keyed,
)

Query = Annotated[
    str | None,
    QueryParameter(
        max_length=80,
        description="A whole card or phone number, the last four digits of one, a name, or its pinyin initials.",
    ),
]


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
        shown = await search(request, database.write, find_by_card, text, by=by)
        looked(request, View.RECORD, *(each.id for each in shown))
        return Page([_shape(each) for each in shown], None)
    found = await search(
        request, database.read, find_members, text=text, branch_id=branch_id, after=id_cursor(cursor), limit=limit,
        by=by,
    )  # fmt: skip
    return page_of([_shape(each) for each in found], limit=limit, cursor_of=lambda shown: shown.id)


@get("/members/twins", tags=["members"])
async def get_twins(
    request: Asking, branch_id: QueryId = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[PossibleTwins]:
    """Members who may be an older one a second time: the same name and date of birth, or the same phone."""
    found = await search(
        request, database_of(request).read, find_twins, branch_id=branch_id, after=id_cursor(cursor) or 0, limit=limit,
        by=staff(request), people=people_among,
    )  # fmt: skip
    return page_of(found, limit=limit, cursor_of=lambda shown: shown.member_id)


@get("/members/{member_id:int}", tags=["members"])
async def get_member(request: Asking, member_id: FromPath[PathId]) -> MemberShape:
    """The record of a member of the caller's branches."""
    record = await database_of(request).read(member_record, member_id, by=staff(request))
    looked(request, View.RECORD, member_id)
    return _member_shape(record)


@patch("/members/{member_id:int}", tags=["members"])
async def patch_member(request: Asking, member_id: FromPath[PathId], data: JSONBody[MemberChanges]) -> MemberShape:
    """Change what is sent of a member's record."""
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    if "guardian" in given:
        given["guardian"] = _guardian(given["guardian"])
    details = Details(**given)  # type: ignore[typeddict-item]  # the struct above has the same fields and types
    by, database = staff(request), database_of(request)
    await database.write(change_member, member_id, details, by=by)
    return _member_shape(await database.read(member_record, member_id, by=by))


@post("/members/{member_id:int}/cards", tags=["members"])
async def post_card(request: Asking, member_id: FromPath[PathId]) -> Response[IssuedCard]:
    """Issue a card. The member's active card, if any, is refused from now on."""
    answer = await write_keyed(request, IssuedCard, issue_card, member_id, by=staff(request))
    return respond(answer, answer.outcome, status_code=201)


@post("/members/{member_id:int}/card-loss", status_code=200, tags=["members"])
async def post_card_loss(request: Asking, member_id: FromPath[PathId]) -> Response[LostCard]:
    """Report the member's card lost. Reported again, it stays as it was."""
    answer = await write_keyed(request, LostCard, report_loss, member_id, by=staff(request))
    return respond(answer, answer.outcome)


@post("/members/{member_id:int}/move", status_code=200, tags=["members"])
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


@post("/members/{member_id:int}/erasure", tags=["members"], status_code=200)
async def post_erasure(request: Asking, member_id: FromPath[PathId]) -> Response[ErasedMember]:
    """Erase who a member was, for good. The passbook is closed before; service and books stay, without a name."""
    answer = await write_keyed(request, ErasedMember, erase_member, member_id, by=staff(request))
    forget_callers(request)
    return respond(answer, answer.outcome)


@post("/member-tokens", tags=["me"], opt=OPEN)
async def post_member_token(request: Asking, data: JSONBody[CardAndPin]) -> Response[TokenShape]:
    """Sign in as a member with card number and PIN. The token is shown this once; sent again, there is another one."""
    database, token = database_of(request), new_token()
    found = await database.read(find_pin, card_no=data.card_no, origin=origin_of(request))
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


@post("/households", tags=["households"])
async def post_household(request: Asking, data: JSONBody[NewHousehold]) -> Response[HouseholdShape]:
    """Write down who lives together."""
    by, values = staff(request), msgspec.structs.asdict(data)
    answer = await write_keyed(request, Housed, add_household, **values, by=by)
    record = await database_of(request).read(household_record, answer.outcome.household_id, by=by)
    return respond(answer, _household_shape(record), status_code=201)


@get("/households/{household_id:int}", tags=["households"])
async def get_household(request: Asking, household_id: FromPath[PathId]) -> HouseholdShape:
    """A household of the caller's branches, with who lives in it now."""
    record = await database_of(request).read(household_record, household_id, by=staff(request))
    return _household_looked_at(request, record)


@get("/members/{member_id:int}/household", tags=["households"])
async def get_household_of_member(request: Asking, member_id: FromPath[PathId]) -> HouseholdShape:
    """The household in which a member lives now; 404 where there is none."""
    record = await database_of(request).read(household_of_member, member_id, by=staff(request))
    return _household_looked_at(request, record)


@get("/me/household", tags=["me"])
async def get_own_household(request: Asking) -> HouseholdShape:
    """The caller's own household; 404 where there is none."""
    by = member(request)
    return _household_shape(await database_of(request).read(household_of_member, by.id, by=by))


@post("/households/{household_id:int}/members", tags=["households"])
async def post_resident(
    request: Asking, household_id: FromPath[PathId], data: JSONBody[NewResident]
) -> Response[HouseholdShape]:
    """Let a member live in a household from now on."""
    by = staff(request)
    answer = await write_keyed(request, Housed, join_household, household_id, member_id=data.member_id, by=by)
    record = await database_of(request).read(household_record, answer.outcome.household_id, by=by)
    return respond(answer, _household_shape(record), status_code=201)


@delete("/households/{household_id:int}/members/{member_id:int}", tags=["households"])
async def delete_resident(request: Asking, household_id: FromPath[PathId], member_id: FromPath[PathId]) -> None:
    """Let a member go from a household: from now on each spends only their own points."""
    await database_of(request).write(leave_household, household_id, member_id=member_id, by=staff(request))


@post("/members/{member_id:int}/proxies", tags=["proxies"])
async def post_proxy(request: Asking, member_id: FromPath[PathId], data: JSONBody[NewProxy]) -> Response[ProxyShape]:
    """Write down who may collect one order for a member."""
    by, values = staff(request), msgspec.structs.asdict(data)
    answer = await write_keyed(request, AuthorisedProxy, register_proxy, member_id, **values, by=by)
    proxies = await database_of(request).read(proxies_as_used, member_id, by=by)
    shown = next(each for each in proxies if each.id == answer.outcome.id)
    return respond(answer, _proxy_shape(shown), status_code=201)


@get("/members/{member_id:int}/proxies", tags=["proxies"])
async def get_proxies(request: Asking, member_id: FromPath[PathId]) -> Page[ProxyShape]:
    """Whom a member authorised, past and present."""
    proxies = await database_of(request).read(proxies_as_used, member_id, by=staff(request))
    looked(request, View.HOUSEHOLD, member_id)
    return Page([_proxy_shape(each) for each in proxies], None)


@delete("/members/{member_id:int}/proxies/{proxy_id:int}", tags=["proxies"])
async def delete_proxy(request: Asking, member_id: FromPath[PathId], proxy_id: FromPath[PathId]) -> None:
    """End an authorisation now."""
    await database_of(request).write(end_proxy, member_id, proxy_id, by=staff(request))


@get("/me/proxies", tags=["me"])
async def get_own_proxies(request: Asking) -> Page[ProxyShape]:
    """Whom the caller authorised, past and present."""
    by = member(request)
    proxies = await database_of(request).read(proxies_as_used, by.id, by=by)
    return Page([_proxy_shape(each) for each in proxies], None)


ROUTES: list[Any] = [
    post_member,
    get_members,
    get_twins,
    get_member,
    patch_member,
    post_card,
    post_card_loss,
    post_move,
    post_pin,
    post_erasure,
    post_member_token,
    put_consent,
    delete_consent,
    get_own_record,
    put_own_consent,
    delete_own_consent,
    post_household,
    get_household,
    get_household_of_member,
    get_own_household,
    post_resident,
    delete_resident,
    post_proxy,
    get_proxies,
    delete_proxy,
    get_own_proxies,
]


def _household_looked_at(request: Asking, record: HouseholdRecord) -> HouseholdShape:
    looked(request, View.HOUSEHOLD, *(each.member_id for each in record.residents))
    return _household_shape(record)


def _guardian(shape: GuardianShape | None) -> Guardian | None:
    return None if shape is None else Guardian(shape.name, shape.consented_on)


def _shape(found: MemberRecord | Visitor) -> MemberShape | VisitorShape:
    if isinstance(found, Visitor):
        return VisitorShape(found.id, found.name, found.card_no, found.branch_id)
    return _member_shape(found)


def _member_shape(record: MemberRecord) -> MemberShape:
    return msgspec.convert(record, MemberShape, from_attributes=True)


def _household_shape(record: HouseholdRecord) -> HouseholdShape:
    return msgspec.convert(record, HouseholdShape, from_attributes=True)


def _proxy_shape(line: ProxyLine) -> ProxyShape:
    return msgspec.convert(line, ProxyShape, from_attributes=True)
