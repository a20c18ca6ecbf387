"""Passbooks over JSON: for staff by member, for members their own."""

from datetime import date, datetime

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from points_bank.actor import Actor
from points_bank.i18n import Language, translate
from points_bank.ledger.models import TransferKind
from points_bank.looks.models import View
from points_bank.members.changes import ClosedMember
from points_bank.passbook.closing import close_passbook
from points_bank.passbook.earlier import EarlierPassbook, earlier_passbooks
from points_bank.passbook.lines import PassbookLine, passbook_lines, title_of
from points_bank.passbook.lots import LotLine, lots_of_member
from points_bank.passbook.merging import Merged, merge_passbooks
from points_bank.passbook.view import Passbook, passbook
from points_bank.web import (
    Asking,
    Cursor,
    Id,
    Limit,
    Page,
    PathId,
    Reason,
    database_of,
    forget_callers,
    id_cursor,
    language,
    looked,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)


class ClosingBody(msgspec.Struct, forbid_unknown_fields=True):
    """With `donate_balance` what can be spent goes to the help pool, as the member or the family wishes.

    A closed passbook that has a balance may be sent here again with it.
    """

    reason: Reason
    donate_balance: bool = False


class MergerBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who the member is as well: that one keeps the passbook."""

    into_member_id: Id
    reason: Reason


class TransferOut(msgspec.Struct):
    """`amount_points` is signed for this member, `balance_points` the balance after it."""

    id: int
    kind: TransferKind
    amount_points: int
    balance_points: int
    occurred_on: date
    posted_at: datetime
    title: str
    reference: str


@get("/members/{member_id:int}/passbook")
async def get_passbook(request: Asking, member_id: FromPath[PathId]) -> Passbook:
    """A member's passbook as it stands now."""
    book = await database_of(request).glance(passbook, member_id, by=staff(request))
    looked(request, View.PASSBOOK, member_id)
    return book


@post("/members/{member_id:int}/closing", status_code=200)
async def post_closing(
    request: Asking, member_id: FromPath[PathId], data: JSONBody[ClosingBody]
) -> Response[ClosedMember]:
    """Close a passbook: reservations end, points stay until they lapse, the card is refused from now on.

    With `donate_balance` it needs an Idempotency-Key.
    """
    answer = await write_keyed(
        request,
        ClosedMember,
        close_passbook,
        member_id,
        reason=data.reason,
        donate_balance=data.donate_balance,
        by=staff(request),
        key_required=data.donate_balance,
    )
    forget_callers(request)
    return respond(answer, answer.outcome)


@post("/members/{member_id:int}/merger", status_code=200)
async def post_merger(request: Asking, member_id: FromPath[PathId], data: JSONBody[MergerBody]) -> Response[Merged]:
    """Close a member who is another one a second time: points, lots and cards go to that one, both histories stay.

    Needs an Idempotency-Key.
    """
    by, values = staff(request), msgspec.structs.asdict(data)
    answer = await write_keyed(request, Merged, merge_passbooks, member_id, **values, by=by, key_required=True)
    forget_callers(request)
    return respond(answer, answer.outcome)


@get("/me/passbook")
async def get_own_passbook(request: Asking) -> Passbook:
    """The caller's own passbook as it stands now."""
    by = member(request)
    return await database_of(request).glance(passbook, by.id, by=by)


@get("/members/{member_id:int}/lots")
async def get_lots(request: Asking, member_id: FromPath[PathId]) -> Page[LotLine]:
    """A member's lots one by one, those that lapse first in front; never more than a few."""
    lots = await database_of(request).read(lots_of_member, member_id, by=staff(request))
    looked(request, View.PASSBOOK, member_id)
    return Page(lots, None)


@get("/me/lots")
async def get_own_lots(request: Asking) -> Page[LotLine]:
    """The caller's own lots one by one, those that lapse first in front."""
    by = member(request)
    return Page(await database_of(request).read(lots_of_member, by.id, by=by), None)


@get("/members/{member_id:int}/transfers")
async def get_transfers(
    request: Asking,
    member_id: FromPath[PathId],
    limit: FromQuery[Limit] = 50,
    cursor: FromQuery[Cursor] = None,
) -> Page[TransferOut]:
    """A member's transfers, newest first."""
    return await _transfers(request, member_id, staff(request), limit, cursor)


@get("/me/transfers")
async def get_own_transfers(
    request: Asking, limit: FromQuery[Limit] = 50, cursor: FromQuery[Cursor] = None
) -> Page[TransferOut]:
    """The caller's own transfers, newest first."""
    by = member(request)
    return await _transfers(request, by.id, by, limit, cursor)


@get("/members/{member_id:int}/earlier-passbooks")
async def get_earlier_passbooks(request: Asking, member_id: FromPath[PathId]) -> Page[EarlierPassbook]:
    """Passbooks that were merged into a member's; each has its transfers under its own number."""
    earlier = await database_of(request).read(earlier_passbooks, member_id, by=staff(request))
    looked(request, View.PASSBOOK, member_id)
    return Page(earlier, None)


@get("/me/earlier-passbooks")
async def get_own_earlier_passbooks(request: Asking) -> Page[EarlierPassbook]:
    """Passbooks that were merged into the caller's."""
    by = member(request)
    return Page(await database_of(request).read(earlier_passbooks, by.id, by=by), None)


@get("/me/earlier-passbooks/{member_id:int}/transfers")
async def get_own_earlier_transfers(
    request: Asking, member_id: FromPath[PathId], limit: FromQuery[Limit] = 50, cursor: FromQuery[Cursor] = None
) -> Page[TransferOut]:
    """The transfers of a passbook that was merged into the caller's, newest first."""
    return await _transfers(request, member_id, member(request), limit, cursor)


async def _transfers(request: Asking, member_id: int, by: Actor, limit: int, cursor: str | None) -> Page[TransferOut]:
    lines = await database_of(request).read(passbook_lines, member_id, before_id=id_cursor(cursor), limit=limit, by=by)
    looked(request, View.PASSBOOK, member_id)
    shown = [_transfer(line, language(request)) for line in lines]
    return page_of(shown, limit=limit, cursor_of=lambda each: each.id)


def _transfer(line: PassbookLine, spoken: Language) -> TransferOut:
    return TransferOut(
        id=line.id,
        kind=line.kind,
        amount_points=line.amount_points,
        balance_points=line.balance_points,
        occurred_on=line.occurred_on,
        posted_at=line.posted_at,
        title=translate(title_of(line), spoken, cause=line.cause),
        reference=line.reference,
    )


ROUTES = [
    get_passbook,
    get_own_passbook,
    get_lots,
    get_own_lots,
    get_transfers,
    get_own_transfers,
    get_earlier_passbooks,
    get_own_earlier_passbooks,
    get_own_earlier_transfers,
    post_closing,
    post_merger,
]
