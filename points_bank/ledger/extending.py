"""Extending: lots that lapse later by order, and what had lapsed of them comes back by new entries.

A lot keeps its id when its date changes. A lapse that was booked stays in the books; a reinstatement undoes it.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.columns import given
from points_bank.ledger.accounts import MemberAccount, lock_accounts
from points_bank.ledger.lots import LOT, USE
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import TRANSFER, bank_account, change_account, extend_lot, post, use_lot
from points_bank.transaction import Transaction


class Extension(msgspec.Struct, frozen=True):
    """What an order says. `reference` (`extension:3`) names it as the cause of reinstatements."""

    order_no: str
    reference: str
    lapses_on: date
    new_lapses_on: date


class ExtendedLot(msgspec.Struct, frozen=True):
    """A lot whose date was changed: what remains in it now, and what came back to its member of what had lapsed."""

    lot_id: int
    member_id: int
    remaining_points: int
    reinstated_points: int


_LOTS = (
    sa.select(LOT.c.id, LOT.c.account_id, LOT.c.lapses_on, LOT.c.extension_order, LOT.c.remaining_points)
    .where(
        LOT.c.account_id.in_(sa.bindparam("account_ids", expanding=True)),
        LOT.c.lapses_on.in_(sa.bindparam("dates", expanding=True)),
    )
    .order_by(LOT.c.account_id, LOT.c.id)
)
_UNDONE = TRANSFER.alias("undone")
_LAPSES = (
    sa.select(
        USE.c.lot_id,
        TRANSFER.c.id,
        TRANSFER.c.amount_points
        - sa.select(sa.func.coalesce(sa.func.sum(_UNDONE.c.amount_points), 0))
        .where(_UNDONE.c.reverses_id == TRANSFER.c.id)
        .scalar_subquery(),
    )
    .join_from(USE, TRANSFER, TRANSFER.c.id == USE.c.transfer_id)
    .where(USE.c.lot_id.in_(sa.bindparam("lot_ids", expanding=True)), *given(TRANSFER, "kind"))
    .order_by(TRANSFER.c.id)
)


def extend_lots(tx: Transaction, extension: Extension, *, member_ids: Collection[int]) -> list[ExtendedLot]:
    """Carry an order out for the lots of some members that lapse, or lapsed, on its date; empty ones, too.

    Run again, it finds no more lots of that date. What lapsed of a lot is reinstated: into the same lot, once a
    deficit is filled.
    """
    accounts = {account.id: account for account in lock_accounts(tx, member_ids).values()}
    names: dict[int, set[str]] = defaultdict(set)
    lots = []
    dates = [extension.lapses_on, extension.new_lapses_on]
    for row in tx.all(_LOTS, account_ids=sorted(accounts), dates=dates):
        if row.lapses_on == extension.lapses_on:
            lots.append(row)
        else:
            names[row.account_id].add(row.extension_order)
    for lot in lots:
        name = _free_name(extension.order_no, names[lot.account_id])
        names[lot.account_id].add(name)
        extend_lot(tx, lot.id, lapses_on=extension.new_lapses_on, extension_order=name)
    return _reinstate_all(tx, extension, lots, accounts)


def _free_name(order_no: str, taken: set[str]) -> str:
    """An account's second lot under one order is called `order (2)`, because a date holds each name once."""
    name, count = order_no, 1
    while name in taken:
        count += 1
        name = f"{order_no} ({count})"
    return name


def _reinstate_all(
    tx: Transaction, extension: Extension, lots: list[Any], accounts: dict[int, MemberAccount]
) -> list[ExtendedLot]:
    lapsed: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if lots:
        for lot_id, transfer_id, points in tx.all(_LAPSES, lot_ids=[lot.id for lot in lots], kind=TransferKind.LAPSE):
            if points:
                lapsed[lot_id].append((transfer_id, points))
    balances = {account_id: account.balance_points for account_id, account in accounts.items()}
    extended = []
    for lot in lots:
        remaining, before = lot.remaining_points, balances[lot.account_id]
        for lapse_id, points in lapsed[lot.id]:
            remaining += _reinstate(tx, extension, lot, lapse_id, points, balance_points=balances[lot.account_id])
            balances[lot.account_id] += points
        back = balances[lot.account_id] - before
        extended.append(ExtendedLot(lot.id, accounts[lot.account_id].member_id, remaining, back))
    return extended


def _reinstate(
    tx: Transaction, extension: Extension, lot: Any, lapse_id: int, points: int, *, balance_points: int
) -> int:
    """Undo what is left of a lapse by a new entry; what came into the lot, a deficit being filled first."""
    transfer_id = post(
        tx, TransferKind.REINSTATEMENT, bank_account(tx, AccountKind.LAPSED, 0), lot.account_id, points, tx.today,
        f"{extension.reference}/{lapse_id}", credit_balance_points=balance_points + points, reverses_id=lapse_id,
    )  # fmt: skip
    into_lot = points - min(max(0, -balance_points), points)
    if into_lot:
        use_lot(tx, transfer_id, lot.id, into_lot)
    change_account(tx, lot.account_id, points)
    return into_lot
