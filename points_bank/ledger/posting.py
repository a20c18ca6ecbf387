"""Posting: the only code that writes accounts, transfers, lots and their uses.

Every posting locks the member's account first. A credit fills a deficit before it goes into a lot; a debit takes the
lot that lapses first; a lot past its date is booked as lapsed before anything else is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.errors import BalanceFloor, InsufficientPoints
from points_bank.ledger.accounts import ACCOUNT, MemberAccount, find_bank_account, lock_account, lock_accounts
from points_bank.ledger.lots import (
    LOT,
    USE,
    LotPoints,
    is_past,
    lots_taken_by,
    open_lots,
    split_over_lots,
    total,
    without_first,
)
from points_bank.ledger.models import AccountKind, Transfer, TransferKind
from points_bank.transaction import Transaction

TRANSFER = table_of(Transfer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """Points and minutes that a member earned. `points` may be 0: the service counts all the same.

    `activities` is how many activities this adds to the member's total: 1, or 0 for a correction of one.
    `reference` names the cause, once for all time.
    """

    member_id: int
    branch_id: int
    points: int
    minutes: int
    occurred_on: date
    lapses_on: date
    reference: str
    activities: int = 1


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer as written, with the member's balance after it."""

    transfer_id: int
    balance_points: int


_OPEN_ACCOUNT = sa.insert(ACCOUNT).returning(ACCOUNT.c.id)
_POST = sa.insert(TRANSFER).returning(TRANSFER.c.id)
_POST_MANY = sa.insert(TRANSFER).returning(TRANSFER.c.id, TRANSFER.c.reference)
_FIND = sa.select(TRANSFER.c.id, TRANSFER.c.amount_points).where(*given(TRANSFER, "kind", "reference"))
_AMOUNT = sa.select(TRANSFER.c.amount_points).where(*given(TRANSFER, "id"))
_REVERSED = sa.select(sa.func.coalesce(sa.func.sum(TRANSFER.c.amount_points), 0)).where(*given(TRANSFER, "reverses_id"))
_OPEN_LOT = sa.insert(LOT).returning(LOT.c.id)
_LOT = sa.select(LOT.c.id).where(*given(LOT, "account_id", "lapses_on"), LOT.c.extension_order == "")
_CHANGE_LOT = (
    sa.update(LOT)
    .where(LOT.c.id == sa.bindparam("lot_id"))
    .values(remaining_points=LOT.c.remaining_points + sa.bindparam("points"))
)
_LOTS_FILLED = sa.select(USE.c.lot_id).where(USE.c.transfer_id.in_(sa.bindparam("transfer_ids", expanding=True)))
_LAPSES = (
    sa.select(sa.func.count())
    .select_from(USE)
    .join(TRANSFER, TRANSFER.c.id == USE.c.transfer_id)
    .where(*given(USE, "lot_id"), TRANSFER.c.kind == TransferKind.LAPSE)
)
_ADD_USE = sa.insert(USE)
_CHANGE_ACCOUNT = (
    sa.update(ACCOUNT)
    .where(ACCOUNT.c.id == sa.bindparam("account_id"))
    .values(
        balance_points=ACCOUNT.c.balance_points + sa.bindparam("points"),
        honour_points=ACCOUNT.c.honour_points + sa.bindparam("honour"),
        service_minutes=ACCOUNT.c.service_minutes + sa.bindparam("minutes"),
        activities=ACCOUNT.c.activities + sa.bindparam("more_activities"),
        version=ACCOUNT.c.version + 1,
    )
)


def open_account(tx: Transaction, member_id: int) -> int:
    """Open a member's account, empty; its id."""
    account_id: int = tx.scalar(
        _OPEN_ACCOUNT, kind=AccountKind.MEMBER, owner_id=member_id, balance_points=0, version=0,
        honour_points=0, service_minutes=0, activities=0,
    )  # fmt: skip
    return account_id


def bank_account(tx: Transaction, kind: AccountKind, branch_id: int) -> int:
    """The account of the bank of that kind for a branch; opened when first needed. It stores no balance."""
    found = find_bank_account(tx, kind, branch_id)
    if found is not None:
        return found
    account_id: int = tx.scalar(
        _OPEN_ACCOUNT, kind=kind, owner_id=branch_id, balance_points=None, version=0,
        honour_points=0, service_minutes=0, activities=0,
    )  # fmt: skip
    return account_id


def award(tx: Transaction, awards: Sequence[Award], *, grace_days: int) -> dict[str, int]:
    """Credit awards of one branch to different members as one; the transfers' ids by reference.

    An award of 0 points has no transfer. Points whose date of lapse is past already get `grace_days` from today.
    Posting a reference again fails.
    """
    assert len({each.member_id for each in awards}) == len(awards), "one award a member"
    assert len({each.branch_id for each in awards}) <= 1, "awards of one branch"
    accounts = lock_accounts(tx, [each.member_id for each in awards])
    ids = _post_awards(tx, [each for each in awards if each.points], accounts)
    uses = []
    for each in awards:
        account = accounts[each.member_id]
        into_lot = each.points - min(account.deficit_points, each.points)
        if into_lot:
            lapses_on = each.lapses_on if each.lapses_on >= tx.today else tx.today + timedelta(days=grace_days)
            lot_id = _lot(tx, account.id, lapses_on)
            uses.append({"transfer_id": ids[each.reference], "lot_id": lot_id, "points": into_lot})
    _use(tx, uses)
    in_order = sorted(awards, key=lambda each: accounts[each.member_id].id)
    tx.many(_CHANGE_ACCOUNT, [_earned(accounts[each.member_id].id, each) for each in in_order])
    return ids


def spend(
    tx: Transaction, *, member_id: int, kind: TransferKind, branch_id: int, points: int, on: date, reference: str
) -> Posted:
    """Debit a member for a redemption, or hold the points for a reservation, from the lots that lapse first.

    Refuses `insufficient_points` when fewer can be spent.
    """
    to = {TransferKind.REDEMPTION: AccountKind.REDEEMED, TransferKind.HOLD: AccountKind.HELD}[kind]
    account, lots = _current(tx, member_id)
    if total(lots) - account.deficit_points < points:
        raise InsufficientPoints(asked_points=points, spendable_points=total(lots) - account.deficit_points)
    balance = account.balance_points - points
    transfer_id = _post(
        tx, kind, account.id, bank_account(tx, to, branch_id), points, on, reference, debit_balance_points=balance
    )
    _take(tx, transfer_id, split_over_lots(lots, points))
    tx.run(_CHANGE_ACCOUNT, **_change(account.id, -points))
    return Posted(transfer_id, balance)


def collect(tx: Transaction, *, branch_id: int, on: date, reference: str) -> int:
    """Move held points on to what is redeemed: the goods were handed over. The member's balance stays as it is."""
    hold = tx.one(_FIND, kind=TransferKind.HOLD, reference=reference)
    held, redeemed = (bank_account(tx, kind, branch_id) for kind in (AccountKind.HELD, AccountKind.REDEEMED))
    return _post(tx, TransferKind.COLLECTION, held, redeemed, hold.amount_points, on, reference)


def give_back(
    tx: Transaction, *, member_id: int, kind: TransferKind, branch_id: int, on: date, reference: str, grace_days: int
) -> Posted:
    """Give the points of a reservation (`release`) or of a redemption (`refund`) back to the lots they came from.

    What came from a lot whose date is past on that day gets `grace_days` from then on. A deficit is filled first.
    """
    account = lock_account(tx, member_id)
    spent = tx.maybe(_FIND, kind=TransferKind.HOLD, reference=reference)
    spent = spent or tx.one(_FIND, kind=TransferKind.REDEMPTION, reference=reference)
    source = {TransferKind.RELEASE: AccountKind.HELD, TransferKind.REFUND: AccountKind.REDEEMED}[kind]
    balance = account.balance_points + spent.amount_points
    transfer_id = _post(
        tx, kind, bank_account(tx, source, branch_id), account.id, spent.amount_points, on, reference,
        credit_balance_points=balance, reverses_id=spent.id,
    )  # fmt: skip
    into: dict[int, int] = {}
    for lot in without_first(lots_taken_by(tx, spent.id), account.deficit_points):
        lot_id = _lot(tx, account.id, on + timedelta(days=grace_days)) if is_past(lot, on) else lot.lot_id
        into[lot_id] = into.get(lot_id, 0) + lot.points
    _use(tx, [{"transfer_id": transfer_id, "lot_id": lot_id, "points": points} for lot_id, points in into.items()])
    tx.run(_CHANGE_ACCOUNT, **_change(account.id, spent.amount_points))
    return Posted(transfer_id, balance)


def reverse(tx: Transaction, correction: Award, *, of: Sequence[int], floor_points: int) -> list[int]:
    """Take back points of a member's awards `of` (transfer ids, all of one cause); the reversals' ids.

    `correction` says what is taken, as positive figures: `points`, `minutes`, `activities`. The lots that the awards
    went into are taken from first, whatever their dates are by now, then the other lots by date; then a deficit is
    made. Refuses `balance_floor` below `floor_points`. The newest award is reversed first, none by more than was
    posted.
    """
    account, lots = _current(tx, correction.member_id)
    balance = account.balance_points - correction.points
    if balance < floor_points:
        raise BalanceFloor(balance_points=balance, floor_points=floor_points)
    issue = bank_account(tx, AccountKind.ISSUE, correction.branch_id)
    own = {row.lot_id for row in tx.all(_LOTS_FILLED, transfer_ids=list(of))}
    lots.sort(key=lambda lot: lot.lot_id not in own)
    ids: list[int] = []
    left, running = correction.points, account.balance_points
    for award_id in sorted(of, reverse=True):
        part = min(left, tx.scalar(_AMOUNT, id=award_id) - tx.scalar(_REVERSED, reverses_id=award_id))
        if part == 0:
            continue
        left, running = left - part, running - part
        reference = correction.reference if not ids else f"{correction.reference}/{len(ids) + 1}"
        ids.append(_post(
            tx, TransferKind.REVERSAL, account.id, issue, part, correction.occurred_on, reference,
            debit_balance_points=running, reverses_id=award_id,
        ))  # fmt: skip
        _take(tx, ids[-1], split_over_lots(lots, part))
        lots = without_first(lots, part)
    assert left == 0, "no more is reversed than was awarded"
    tx.run(_CHANGE_ACCOUNT, **_earned(account.id, correction, sign=-1))
    return ids


def lapse(tx: Transaction, *, account_id: int, balance_points: int, lot: LotPoints) -> int:
    """Book that what remains in a lot has lapsed at the end of its date; the balance after.

    A lot can lapse again: a reservation that ran out before that date may be released after the lapse was booked.
    """
    balance = balance_points - lot.points
    reference = f"lot:{lot.lot_id}:{lot.lapses_on}"
    if earlier := tx.scalar(_LAPSES, lot_id=lot.lot_id):
        reference = f"{reference}/{earlier + 1}"
    lapsed = bank_account(tx, AccountKind.LAPSED, 0)
    transfer_id = _post(
        tx, TransferKind.LAPSE, account_id, lapsed, lot.points, lot.lapses_on, reference, debit_balance_points=balance
    )
    _take(tx, transfer_id, [lot])
    tx.run(_CHANGE_ACCOUNT, **_change(account_id, -lot.points))
    return balance


def _current(tx: Transaction, member_id: int) -> tuple[MemberAccount, list[LotPoints]]:
    """A locked account and its lots, once every lot past its date is booked as lapsed."""
    account = lock_account(tx, member_id)
    lots = open_lots(tx, account.id)
    past = [lot for lot in lots if is_past(lot, tx.today)]
    if not past:
        return account, lots
    balance = account.balance_points
    for lot in past:
        balance = lapse(tx, account_id=account.id, balance_points=balance, lot=lot)
    return lock_account(tx, member_id), [lot for lot in lots if lot not in past]


def _post_awards(tx: Transaction, awards: Sequence[Award], accounts: dict[int, MemberAccount]) -> dict[str, int]:
    if not awards:
        return {}
    issue = bank_account(tx, AccountKind.ISSUE, awards[0].branch_id)
    rows = [
        {
            "kind": TransferKind.AWARD,
            "debit_account_id": issue,
            "credit_account_id": accounts[each.member_id].id,
            "amount_points": each.points,
            "debit_balance_points": None,
            "credit_balance_points": accounts[each.member_id].balance_points + each.points,
            "occurred_on": each.occurred_on,
            "posted_at": tx.now,
            "reference": each.reference,
            "reverses_id": None,
        }
        for each in awards
    ]
    return {row.reference: row.id for row in tx.many(_POST_MANY, rows)}


def _post(
    tx: Transaction,
    kind: TransferKind,
    debit_account_id: int,
    credit_account_id: int,
    points: int,
    on: date,
    reference: str,
    *,
    debit_balance_points: int | None = None,
    credit_balance_points: int | None = None,
    reverses_id: int | None = None,
) -> int:
    transfer_id: int = tx.scalar(
        _POST,
        kind=kind,
        debit_account_id=debit_account_id,
        credit_account_id=credit_account_id,
        amount_points=points,
        debit_balance_points=debit_balance_points,
        credit_balance_points=credit_balance_points,
        occurred_on=on,
        posted_at=tx.now,
        reference=reference,
        reverses_id=reverses_id,
    )
    return transfer_id


def _lot(tx: Transaction, account_id: int, lapses_on: date) -> int:
    """The account's lot of that date, opened when first needed."""
    lot_id: int | None = tx.scalar(_LOT, account_id=account_id, lapses_on=lapses_on)
    if lot_id is None:
        lot_id = tx.scalar(
            _OPEN_LOT, account_id=account_id, lapses_on=lapses_on, extension_order="", remaining_points=0
        )
    assert lot_id is not None
    return lot_id


def _take(tx: Transaction, transfer_id: int, lots: Sequence[LotPoints]) -> None:
    _use(tx, [{"transfer_id": transfer_id, "lot_id": lot.lot_id, "points": -lot.points} for lot in lots])


def _use(tx: Transaction, uses: Sequence[dict[str, Any]]) -> None:
    """Put points into lots, or take them out, and remember by which transfer."""
    tx.many(_CHANGE_LOT, [{"lot_id": use["lot_id"], "points": use["points"]} for use in uses])
    tx.many(_ADD_USE, list(uses))


def _earned(account_id: int, award: Award, *, sign: int = 1) -> dict[str, int]:
    """What an award changes in an account, or with `sign=-1` its reversal."""
    return _change(
        account_id,
        sign * award.points,
        honour=sign * award.points,
        minutes=sign * award.minutes,
        activities=sign * award.activities,
    )


def _change(account_id: int, points: int, *, honour: int = 0, minutes: int = 0, activities: int = 0) -> dict[str, int]:
    """A change of an account's balance and lifetime totals. Spending changes the balance only."""
    return {
        "account_id": account_id,
        "points": points,
        "honour": honour,
        "minutes": minutes,
        "more_activities": activities,
    }
