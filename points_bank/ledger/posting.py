"""Posting: the only code that writes accounts, transfers, lots and their uses; awards and lapses are posted here.

What else moves points stands in a file of its own and goes through `post`, `fill_lot`, `use_lots`, `change_account`.

Every posting locks the member's account first. A credit fills a deficit before it goes into a lot; a debit takes the
lot that lapses first; a lot past its date is booked as lapsed before anything else is taken.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.columns import BigInt, given, table_of
from points_bank.ledger.accounts import ACCOUNT, MemberAccount, find_bank_account, lock_account, lock_accounts
from points_bank.ledger.lots import (
    LOT,
    USE,
    LotPoints,
    is_past,
    open_lots,
)
from points_bank.ledger.models import AccountKind, Transfer, TransferKind
from points_bank.transaction import Transaction

TRANSFER = table_of(Transfer)


class Award(msgspec.Struct, frozen=True, kw_only=True):
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


class Posted(msgspec.Struct, frozen=True):
    """A transfer as written, with the member's balance after it."""

    transfer_id: int
    balance_points: int


_OPEN_ACCOUNT = sa.insert(ACCOUNT).returning(ACCOUNT.c.id)
_OWNER = sa.select(sa.bindparam("first", type_=BigInt).label("id")).cte("owner", recursive=True)
_OWNERS = _OWNER.union_all(sa.select(_OWNER.c.id + 1).where(_OWNER.c.id < sa.bindparam("last", type_=BigInt)))
_OPEN_ACCOUNTS = sa.insert(ACCOUNT).from_select(
    ["kind", "owner_id", "balance_points", "version", "honour_points", "service_minutes", "activities"],
    sa.select(
        sa.literal(AccountKind.MEMBER, ACCOUNT.c.kind.type),
        _OWNERS.c.id,
        *[sa.literal(0)] * 5,
    ),
)
_POST = sa.insert(TRANSFER).returning(TRANSFER.c.id)
_OPEN_LOT = sa.insert(LOT).returning(LOT.c.id)
_IS_LOT = (*given(LOT, "account_id", "lapses_on"), LOT.c.extension_order == "")
_LOT = sa.select(LOT.c.id).where(*_IS_LOT)
_FILL_LOT = (
    sa.update(LOT)
    .where(*_IS_LOT)
    .values(remaining_points=LOT.c.remaining_points + sa.bindparam("points"))
    .returning(LOT.c.id)
)
_CHANGE_LOT = (
    sa.update(LOT)
    .where(LOT.c.id == sa.bindparam("lot_id"))
    .values(remaining_points=LOT.c.remaining_points + sa.bindparam("points"))
)
_LAPSES = (
    sa.select(sa.func.count())
    .select_from(USE)
    .join(TRANSFER, TRANSFER.c.id == USE.c.transfer_id)
    .where(*given(USE, "lot_id"), TRANSFER.c.kind == TransferKind.LAPSE)
)
_EXTEND_LOT = (
    sa.update(LOT)
    .where(LOT.c.id == sa.bindparam("lot_id"))
    .values(lapses_on=sa.bindparam("new_lapses_on"), extension_order=sa.bindparam("new_extension_order"))
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


def open_accounts(tx: Transaction, *, first_member_id: int, last_member_id: int) -> None:
    """Open an empty account for every member from one id to another, none of whom has one, in one statement."""
    tx.run(_OPEN_ACCOUNTS, first=first_member_id, last=last_member_id)


def bank_account(tx: Transaction, kind: AccountKind, branch_id: int) -> int:
    """The account of the bank of that kind for a branch; opened when first needed. It stores no balance."""
    found: int | None = tx.known.get((kind, branch_id))
    if found is None:
        found = find_bank_account(tx, kind, branch_id)
        if found is not None:
            tx.known[kind, branch_id] = found
    if found is not None:
        return found
    account_id: int = tx.scalar(
        _OPEN_ACCOUNT, kind=kind, owner_id=branch_id, balance_points=None, version=0,
        honour_points=0, service_minutes=0, activities=0,
    )  # fmt: skip
    return account_id


def award(tx: Transaction, awards: Sequence[Award], *, grace_days: int) -> dict[str, int]:
    """Credit awards to different members as one; the transfers' ids by reference.

    An award of 0 points has no transfer. Points whose date of lapse is past already get `grace_days` from today.
    Posting a reference again fails.
    """
    accounts = lock_accounts(tx, [each.member_id for each in awards])
    assert len(accounts) == len(awards), "one award a member"
    last_chance_on = tx.today + timedelta(days=grace_days)
    ids = {}
    for each in awards:
        transfer_id = _credit(tx, accounts[each.member_id], each, last_chance_on)
        if transfer_id is not None:
            ids[each.reference] = transfer_id
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
    transfer_id = post(
        tx, TransferKind.LAPSE, account_id, lapsed, lot.points, lot.lapses_on, reference, debit_balance_points=balance
    )
    take_from(tx, transfer_id, [lot])
    change_account(tx, account_id, -lot.points)
    return balance


def current_lots(tx: Transaction, member_id: int) -> tuple[MemberAccount, list[LotPoints]]:
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


def _credit(tx: Transaction, account: MemberAccount, award: Award, last_chance_on: date) -> int | None:
    """Credit an award to a locked account; its transfer's id. What does not fill a deficit goes into a lot."""
    change_account(
        tx, account.id, award.points, honour=award.points, minutes=award.minutes, activities=award.activities
    )
    if not award.points:
        return None
    issue = bank_account(tx, AccountKind.ISSUE, award.branch_id)
    transfer_id = post(
        tx, TransferKind.AWARD, issue, account.id, award.points, award.occurred_on, award.reference,
        credit_balance_points=account.balance_points + award.points,
    )  # fmt: skip
    into_lot = award.points - min(account.deficit_points, award.points)
    if into_lot:
        lapses_on = award.lapses_on if award.lapses_on >= tx.today else last_chance_on
        fill_lot(tx, transfer_id, account.id, lapses_on, into_lot)
    return transfer_id


def post(
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


def lot_until(tx: Transaction, account_id: int, lapses_on: date) -> int:
    """The account's lot of that date, opened when first needed."""
    lot_id: int | None = tx.scalar(_LOT, account_id=account_id, lapses_on=lapses_on)
    if lot_id is None:
        lot_id = tx.scalar(
            _OPEN_LOT, account_id=account_id, lapses_on=lapses_on, extension_order="", remaining_points=0
        )
    assert lot_id is not None
    return lot_id


def fill_lot(tx: Transaction, transfer_id: int, account_id: int, lapses_on: date, points: int) -> None:
    """`use_lot` for the account's lot of that date, which is opened when first needed; found and filled at once."""
    lot_id: int | None = tx.scalar(_FILL_LOT, account_id=account_id, lapses_on=lapses_on, points=points)
    if lot_id is None:
        lot_id = tx.scalar(
            _OPEN_LOT, account_id=account_id, lapses_on=lapses_on, extension_order="", remaining_points=points
        )
    tx.run(_ADD_USE, transfer_id=transfer_id, lot_id=lot_id, points=points)


def use_lot(tx: Transaction, transfer_id: int, lot_id: int, points: int) -> None:
    """Put points into a lot, and remember by which transfer."""
    tx.run(_CHANGE_LOT, lot_id=lot_id, points=points)
    tx.run(_ADD_USE, transfer_id=transfer_id, lot_id=lot_id, points=points)


def take_from(tx: Transaction, transfer_id: int, lots: Sequence[LotPoints]) -> None:
    use_lots(tx, [{"transfer_id": transfer_id, "lot_id": lot.lot_id, "points": -lot.points} for lot in lots])


def use_lots(tx: Transaction, uses: Sequence[dict[str, Any]]) -> None:
    """Put points into lots, or take them out (fewer than 0), and remember by which transfer."""
    for use in uses:
        use_lot(tx, **use)


def change_account(
    tx: Transaction, account_id: int, points: int, *, honour: int = 0, minutes: int = 0, activities: int = 0
) -> None:
    """Change an account's balance and lifetime totals. Spending changes the balance only."""
    tx.run(
        _CHANGE_ACCOUNT, account_id=account_id, points=points, honour=honour, minutes=minutes,
        more_activities=activities,
    )  # fmt: skip


def extend_lot(tx: Transaction, lot_id: int, *, lapses_on: date, extension_order: str) -> None:
    """Let a lot lapse on another date, by order. It stays the same lot, so that what is given back to it follows."""
    tx.run(_EXTEND_LOT, lot_id=lot_id, new_lapses_on=lapses_on, new_extension_order=extension_order)
