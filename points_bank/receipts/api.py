"""Receipts and seals over JSON: for the member, for staff, and for anyone with a code in hand."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from points_bank.actor import Actor
from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.ledger.models import TransferKind
from points_bank.ledger.seal import SealLine, list_seals
from points_bank.looks.models import View
from points_bank.passbook.lines import PassbookLine, title_of
from points_bank.receipts.reading import CorrectionBehind, LotPart, Receipt, ServiceBehind, check_receipt, receipt
from points_bank.rules.explanation import explain, explain_cuts
from points_bank.rules.points import Arithmetic
from points_bank.web import OPEN, Asking, Limit, Page, PathId, database_of, language, looked, member, page_of, staff

Before = Annotated[date | None, QueryParameter(name="cursor", description="Days before this one.")]


class CheckedState(StrEnum):
    VALID = "valid"
    CORRECTED = "corrected"


STATES = {
    CheckedState.VALID: message("Valid"),
    CheckedState.CORRECTED: message("Valid, corrected since"),
}


class CutShape(msgspec.Struct):
    code: str
    points: int
    explanation: str


class RulesShape(msgspec.Struct):
    code: str
    version: int


class ServiceShape(msgspec.Struct):
    """The service behind a line as it stands now; what it was before stands in `corrections`."""

    activity_id: int
    participation_id: int
    title: str
    service_on: date
    minutes: int
    recorded_by: str
    recorded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    rules: RulesShape
    explanation: str
    cut: list[CutShape]


class SpentShape(msgspec.Struct):
    transfer_id: int
    kind: TransferKind
    title: str
    on: date
    points: int


class SealHead(msgspec.Struct):
    day: date
    head: str


class ReceiptShape(msgspec.Struct):
    """Everything behind one line; `code` lets anyone check the receipt, `seal` is null until the line's day is over."""

    transfer_id: int
    member_id: int
    kind: TransferKind
    amount_points: int
    balance_points: int
    occurred_on: date
    posted_at: datetime
    title: str
    reference: str
    reverses_id: int | None
    service: ServiceShape | None
    corrections: list[CorrectionBehind]
    lots: list[LotPart]
    spent: list[SpentShape]
    seal: SealHead | None
    code: str


class CheckedShape(msgspec.Struct):
    """All that a receipt's code tells: the day on which its line was written is `on`."""

    state: CheckedState
    text: str
    on: date


@get("/me/transfers/{transfer_id:int}/receipt")
async def get_own_receipt(request: Asking, transfer_id: FromPath[PathId]) -> ReceiptShape:
    """The receipt of one of the caller's own lines."""
    return await _receipt(request, transfer_id, member(request))


@get("/transfers/{transfer_id:int}/receipt")
async def get_receipt(request: Asking, transfer_id: FromPath[PathId]) -> ReceiptShape:
    """The receipt of a member's line, to be printed for them or looked into."""
    return await _receipt(request, transfer_id, staff(request))


@get("/receipts/{code:str}", opt=OPEN)
async def get_checked_receipt(request: Asking, code: FromPath[str]) -> CheckedShape:
    """Whether a receipt with that code is real, and of which day: for anyone who has the paper in hand."""
    checked = await database_of(request).read(check_receipt, code[:60])
    state = CheckedState.CORRECTED if checked.is_corrected else CheckedState.VALID
    return CheckedShape(state, translate(STATES[state], language(request)), checked.on)


@get("/seals", opt=OPEN)
async def get_seals(request: Asking, cursor: Before = None, limit: FromQuery[Limit] = 50) -> Page[SealLine]:
    """The seals of the books, newest first: for anyone, so that they can be kept where the bank cannot change them."""
    found = await database_of(request).read(list_seals, before=cursor or date.max, limit=limit + 1)
    return page_of(found, limit=limit, cursor_of=lambda each: each.day)


async def _receipt(request: Asking, transfer_id: int, by: Actor) -> ReceiptShape:
    found = await database_of(request).read(receipt, transfer_id, by=by)
    looked(request, View.PASSBOOK, found.member_id)
    return _shape(found, language(request))


def _shape(found: Receipt, spoken: Language) -> ReceiptShape:
    line = found.line
    return ReceiptShape(
        transfer_id=line.id,
        member_id=found.member_id,
        kind=line.kind,
        amount_points=line.amount_points,
        balance_points=line.balance_points,
        occurred_on=line.occurred_on,
        posted_at=line.posted_at,
        title=_title(line, spoken),
        reference=line.reference,
        reverses_id=found.reverses_id,
        service=None if found.service is None else _service(found.service, spoken),
        corrections=found.corrections,
        lots=found.lots,
        spent=[
            SpentShape(each.line.id, each.line.kind, _title(each.line, spoken), each.line.occurred_on, each.points)
            for each in found.spent
        ],
        seal=_head(found.seal),
        code=found.code,
    )


def _title(line: PassbookLine, spoken: Language) -> str:
    return translate(title_of(line), spoken, cause=line.cause)


def _service(service: ServiceBehind, spoken: Language) -> ServiceShape:
    arithmetic = Arithmetic.from_json(service.arithmetic)
    return ServiceShape(
        activity_id=service.activity_id,
        participation_id=service.participation_id,
        title=service.title,
        service_on=service.service_on,
        minutes=service.minutes,
        recorded_by=service.recorded_by,
        recorded_at=service.recorded_at,
        approved_by=service.approved_by,
        approved_at=service.approved_at,
        rules=RulesShape(service.rules_code, service.rules_version),
        explanation=explain(arithmetic, spoken),
        cut=[CutShape(**each) for each in explain_cuts(arithmetic, spoken)],
    )


def _head(seal: SealLine | None) -> SealHead | None:
    return None if seal is None else SealHead(seal.day, seal.head)


ROUTES: list[Any] = [get_own_receipt, get_receipt, get_checked_receipt, get_seals]
