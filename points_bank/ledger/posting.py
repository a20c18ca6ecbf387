"""Posting: the only code that writes accounts, transfers, lots and their uses; awards and lapses are posted here.

What else moves points stands in a file of its own and goes through `post`, `lot_until`, `use_lots`, `change_account`.

Every posting locks the member's account first. A credit fills a deficit before it goes into a lot; a debit takes the
lot that lapses first; a lot past its date is booked as lapsed before anything else is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

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
_POST_MANY = sa.insert(TRANSFER).returning(TRANSFER.c.id, TRANSFER.c.reference)
_OPEN_LOT = sa.insert(LOT).returning(LOT.c.id)
_LOT = sa.select(LOT.c.id).where(*given(LOT, "account_id", "lapses_on"), LOT.c.extension_order == "")
_INTO_LOT = sqlite.insert(LOT)
_FILL_LOTS = _INTO_LOT.on_conflict_do_update(
    index_elements=["account_id", "lapses_on", "extension_order"],
    set_={"remaining_points": LOT.c.remaining_points + _INTO_LOT.excluded.remaining_points},
).returning(LOT.c.id, LOT.c.account_id, LOT.c.lapses_on)
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
    """Credit awards of one branch to different members as one; the transfers' ids by reference.

    An award of 0 points has no transfer. Points whose date of lapse is past already get `grace_days` from today.
    Posting a reference again fails.
    """
    assert len({each.member_id for each in awards}) == len(awards), "one award a member"
    assert len({each.branch_id for each in awards}) <= 1, "awards of one branch"
    accounts = lock_accounts(tx, [each.member_id for each in awards])
    ids = _post_awards(tx, [each for each in awards if each.points], accounts)
    _fill_lots(tx, awards, accounts, ids, last_chance_on=tx.today + timedelta(days=grace_days))
    in_order = sorted(awards, key=lambda each: accounts[each.member_id].id)
    tx.many(_CHANGE_ACCOUNT, [_earned(accounts[each.member_id].id, each) for each in in_order])
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
    if len(rows) == 1:
        return {awards[0].reference: tx.scalar(_POST, **rows[0])}
    return {row.reference: row.id for row in tx.many(_POST_MANY, rows)}


def _fill_lots(
    tx: Transaction,
    awards: Sequence[Award],
    accounts: Mapping[int, MemberAccount],
    ids: Mapping[str, int],
    *,
    last_chance_on: date,
) -> None:
    """Put awarded points into lots, opened when first needed, so far as they do not fill a deficit."""
    filled: dict[tuple[int, date], tuple[str, int]] = {}
    for each in awards:
        account = accounts[each.member_id]
        into_lot = each.points - min(account.deficit_points, each.points)
        if into_lot:
            lapses_on = each.lapses_on if each.lapses_on >= tx.today else last_chance_on
            filled[account.id, lapses_on] = (each.reference, into_lot)
    lots = tx.many(_FILL_LOTS, [
        {"account_id": account_id, "lapses_on": lapses_on, "extension_order": "", "remaining_points": points}
        for (account_id, lapses_on), (_, points) in filled.items()
    ])  # fmt: skip
    uses = []
    for lot in lots:
        reference, points = filled[lot.account_id, lot.lapses_on]
        uses.append({"transfer_id": ids[reference], "lot_id": lot.id, "points": points})
    tx.many(_ADD_USE, uses)


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


def take_from(tx: Transaction, transfer_id: int, lots: Sequence[LotPoints]) -> None:
    use_lots(tx, [{"transfer_id": transfer_id, "lot_id": lot.lot_id, "points": -lot.points} for lot in lots])


def use_lots(tx: Transaction, uses: Sequence[dict[str, Any]]) -> None:
    """Put points into lots, or take them out, and remember by which transfer."""
    tx.many(_CHANGE_LOT, [{"lot_id": use["lot_id"], "points": use["points"]} for use in uses])
    tx.many(_ADD_USE, list(uses))


def change_account(
    tx: Transaction, account_id: int, points: int, *, honour: int = 0, minutes: int = 0, activities: int = 0
) -> None:
    """Change an account's balance and lifetime totals. Spending changes the balance only."""
    tx.run(_CHANGE_ACCOUNT, **_change(account_id, points, honour=honour, minutes=minutes, activities=activities))


def extend_lot(tx: Transaction, lot_id: int, *, lapses_on: date, extension_order: str) -> None:
    """Let a lot lapse on another date, by order. It stays the same lot, so that what is given back to it follows."""
    tx.run(_EXTEND_LOT, lot_id=lot_id, new_lapses_on=lapses_on, new_extension_order=extension_order)


def _earned(account_id: int, award: Award) -> dict[str, int]:
    """What an award changes in an account."""
    return _change(account_id, award.points, honour=award.points, minutes=award.minutes, activities=award.activities)


def _change(account_id: int, points: int, *, honour: int = 0, minutes: int = 0, activities: int = 0) -> dict[str, int]:
    return {
        "account_id": account_id,
        "points": points,
        "honour": honour,
        "minutes": minutes,
        "more_activities": activities,
    }
