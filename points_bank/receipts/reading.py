"""The receipt of a transfer: its activity and people, rules and arithmetic, lots, what became of it, and its seal."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.correction import LATER_RULES
from points_bank.activities.models import Activity, Correction, Participation
from points_bank.activities.reading import NAME_OF_SERVICE
from points_bank.actor import Actor, Task
from points_bank.clock import day_of
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.ledger.accounts import ACCOUNT
from points_bank.ledger.lots import LOT, USE
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import TRANSFER
from points_bank.ledger.seal import SealLine, seal_around
from points_bank.members.finding import member_seen
from points_bank.passbook.lines import PassbookLine, passbook_lines
from points_bank.receipts.codes import code_of, read_code
from points_bank.receipts.spending import Use, spent_of
from points_bank.rules.models import RuleSetVersion
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

LINE, ACTIVITY, CORRECTION = table_of(Participation), table_of(Activity), table_of(Correction)
RULE_SET, STAFF = table_of(RuleSetVersion), table_of(Staff)


class ServiceBehind(msgspec.Struct, frozen=True, kw_only=True):
    """The service that an award or a reversal is about, as it stands now. A mediation is called by its case number."""

    activity_id: int
    participation_id: int
    title: str
    service_on: date
    minutes: int
    recorded_by: str
    recorded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    rules_code: str
    rules_version: int
    arithmetic: dict[str, Any]


class CorrectionBehind(msgspec.Struct, frozen=True, kw_only=True):
    """The correction that posted a line, or came after it."""

    id: int
    minutes_before: int
    minutes_after: int
    points_before: int
    points_after: int
    reason: str
    proposed_by: str
    approved_by: str | None
    approved_at: datetime | None
    transfer_id: int | None


class LotPart(msgspec.Struct, frozen=True):
    """What a transfer put into a lot (positive) or took from it; `remaining_points` is what is left of what it put."""

    lapses_on: date
    points: int
    extension_order: str
    remaining_points: int


class SpentOn(msgspec.Struct, frozen=True):
    """What points of this line went for."""

    line: PassbookLine
    points: int


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """All that lies behind a line. `seal` is None until its day is over; `code` lets anyone check that it is real."""

    line: PassbookLine
    member_id: int
    reverses_id: int | None
    service: ServiceBehind | None
    corrections: list[CorrectionBehind]
    lots: list[LotPart]
    spent: list[SpentOn]
    seal: SealLine | None
    code: str


class CheckedReceipt(msgspec.Struct, frozen=True):
    """All that a code tells: the day of its line, and whether it was corrected since."""

    on: date
    is_corrected: bool


_OWNERS = (
    sa.select(ACCOUNT.c.owner_id, TRANSFER.c.reverses_id)
    .join_from(TRANSFER, ACCOUNT, ACCOUNT.c.id.in_((TRANSFER.c.credit_account_id, TRANSFER.c.debit_account_id)))
    .where(*given(TRANSFER, "id"), ACCOUNT.c.kind == AccountKind.MEMBER)
    .order_by(ACCOUNT.c.id == TRANSFER.c.debit_account_id)
)
_RECORDER, _APPROVER = STAFF.alias("recorder"), STAFF.alias("approver")
_SERVICE = (
    sa.select(
        ACTIVITY.c.id.label("activity_id"),
        LINE.c.id.label("participation_id"),
        NAME_OF_SERVICE.label("title"),
        LINE.c.service_on,
        LINE.c.minutes,
        _RECORDER.c.name.label("recorded_by"),
        ACTIVITY.c.recorded_at,
        _APPROVER.c.name.label("approved_by"),
        ACTIVITY.c.decided_at.label("approved_at"),
        RULE_SET.c.code.label("rules_code"),
        RULE_SET.c.version.label("rules_version"),
        LINE.c.arithmetic,
    )
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .join(RULE_SET, RULE_SET.c.id == sa.func.coalesce(LATER_RULES, ACTIVITY.c.rule_set_id))
    .join(_RECORDER, _RECORDER.c.id == ACTIVITY.c.recorded_by_id)
    .outerjoin(_APPROVER, _APPROVER.c.id == ACTIVITY.c.decided_by_id)
    .where(*given(LINE, "id"))
)
_LINE_CORRECTED = sa.select(CORRECTION.c.participation_id).where(*given(CORRECTION, "id"))
_CORRECTIONS = (
    sa.select(
        CORRECTION.c.id,
        CORRECTION.c.minutes_before,
        CORRECTION.c.minutes_after,
        CORRECTION.c.points_before,
        CORRECTION.c.points_after,
        CORRECTION.c.reason,
        _RECORDER.c.name.label("proposed_by"),
        _APPROVER.c.name.label("approved_by"),
        CORRECTION.c.decided_at.label("approved_at"),
        CORRECTION.c.transfer_id,
    )
    .join_from(CORRECTION, _RECORDER, _RECORDER.c.id == CORRECTION.c.proposed_by_id)
    .outerjoin(_APPROVER, _APPROVER.c.id == CORRECTION.c.decided_by_id)
    .where(*given(CORRECTION, "participation_id"), CORRECTION.c.is_approved.is_(True))
    .order_by(CORRECTION.c.id)
)
_LOTS = (
    sa.select(LOT.c.id, LOT.c.lapses_on, LOT.c.extension_order, USE.c.points)
    .join_from(USE, LOT, LOT.c.id == USE.c.lot_id)
    .join(ACCOUNT, ACCOUNT.c.id == LOT.c.account_id)
    .where(*given(USE, "transfer_id"), *given(ACCOUNT, "owner_id"), ACCOUNT.c.kind == AccountKind.MEMBER)
    .order_by(LOT.c.lapses_on, LOT.c.id)
)
_USES = (
    sa.select(USE.c.transfer_id, USE.c.points, TRANSFER.c.reverses_id)
    .join_from(USE, TRANSFER, TRANSFER.c.id == USE.c.transfer_id)
    .where(*given(USE, "lot_id"))
    .order_by(USE.c.transfer_id)
)
_POSTED = sa.select(TRANSFER.c.posted_at).where(*given(TRANSFER, "id"))
_REVERSAL = (
    sa.select(TRANSFER.c.id).where(*given(TRANSFER, "reverses_id"), TRANSFER.c.kind == TransferKind.REVERSAL).limit(1)
)


def receipt(tx: Transaction, transfer_id: int, *, by: Actor) -> Receipt:
    """The receipt of a line for the member whose line it is, or for staff who read their transfers.

    A gift is a line of two members: staff are shown it as the receiver's where they see both. Refuses `not_found`.
    """
    member_id, reverses_id = _owner(tx, transfer_id, by)
    line = _line(tx, member_id, transfer_id, by)
    service = _service(tx, line)
    lots, spent = _lots(tx, member_id, transfer_id, by)
    return Receipt(
        line=line,
        member_id=member_id,
        reverses_id=reverses_id,
        service=service,
        corrections=corrections_of(tx, service.participation_id) if service else [],
        lots=lots,
        spent=spent,
        seal=seal_around(tx, transfer_id),
        code=code_of(tx.keys, transfer_id),
    )


def check_receipt(tx: Transaction, code: str) -> CheckedReceipt:
    """For anyone: that a receipt with that code is real, of which day, and no more. Refuses `not_found`."""
    transfer_id = read_code(tx.keys, code)
    posted_at: datetime | None = tx.scalar(_POSTED, id=transfer_id)
    if posted_at is None:
        raise NotFound
    return CheckedReceipt(day_of(posted_at, tx.zone), tx.maybe(_REVERSAL, reverses_id=transfer_id) is not None)


def service_behind(tx: Transaction, participation_id: int) -> ServiceBehind | None:
    """The service of a line of a sheet, for who was found to see it."""
    row = tx.maybe(_SERVICE, id=participation_id)
    return None if row is None else ServiceBehind(**row._asdict())


def corrections_of(tx: Transaction, participation_id: int) -> list[CorrectionBehind]:
    """What was corrected of a line of a sheet, in order."""
    return [CorrectionBehind(**row._asdict()) for row in tx.all(_CORRECTIONS, participation_id=participation_id)]


def _owner(tx: Transaction, transfer_id: int, by: Actor) -> tuple[int, int | None]:
    """The member whose line the actor may read."""
    # Of a merger both lines are the member's own: that of the passbook which goes on comes first.
    for row in sorted(tx.all(_OWNERS, id=transfer_id), key=lambda row: row.owner_id != by.member_id):
        try:
            member_seen(tx, row.owner_id, task=Task.READ_TRANSFERS, by=by)
        except NotFound:
            continue
        return row.owner_id, row.reverses_id
    raise NotFound


def _line(tx: Transaction, member_id: int, transfer_id: int, by: Actor) -> PassbookLine:
    return passbook_lines(tx, member_id, before_id=transfer_id + 1, limit=1, by=by)[0]


def _service(tx: Transaction, line: PassbookLine) -> ServiceBehind | None:
    noun, _, number = line.reference.partition(":")
    participation_id: int | None = None
    if noun == "participation":
        participation_id = int(number)
    if noun == "correction":
        participation_id = tx.scalar(_LINE_CORRECTED, id=int(number.partition("/")[0]))
    return None if participation_id is None else service_behind(tx, participation_id)


def _lots(tx: Transaction, member_id: int, transfer_id: int, by: Actor) -> tuple[list[LotPart], list[SpentOn]]:
    """The lots that a transfer filled or drew on; and of what it put there, what was spent on what."""
    parts, points_by_id = [], dict[int, int]()
    for lot in tx.all(_LOTS, transfer_id=transfer_id, owner_id=member_id):
        remaining = 0
        if lot.points > 0:
            uses = [Use(row.transfer_id, row.points, row.reverses_id) for row in tx.all(_USES, lot_id=lot.id)]
            spent, remaining = spent_of(uses, transfer_id)
            for each in spent:
                points_by_id[each.transfer_id] = points_by_id.get(each.transfer_id, 0) + each.points
        parts.append(LotPart(lot.lapses_on, lot.points, lot.extension_order, remaining))
    return parts, _spent_on(tx, member_id, sorted(points_by_id.items()), by)


def _spent_on(tx: Transaction, member_id: int, spent: Sequence[tuple[int, int]], by: Actor) -> list[SpentOn]:
    return [SpentOn(_line(tx, member_id, transfer_id, by), points) for transfer_id, points in spent]
