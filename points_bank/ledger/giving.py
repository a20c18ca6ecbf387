"""Giving: a member's points to another member, and the help pool's to one. Honour points and minutes stay as they are.

A donation to the help pool is spent (`spending.spend`).
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date

import msgspec

from points_bank.ledger.accounts import lock_account, lock_accounts
from points_bank.ledger.lots import LotPoints, split_over_lots, without_first
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import (
    Posted,
    bank_account,
    change_account,
    current_lots,
    fill_lot,
    post,
    take_from,
)
from points_bank.ledger.spending import refuse_too_few
from points_bank.transaction import Transaction


class Given(msgspec.Struct, frozen=True):
    """A gift as written: the giver's balance after it, and how many of the points lapse when."""

    transfer_id: int
    balance_points: int
    points_by_date: dict[date, int]


def give(tx: Transaction, *, giver_id: int, receiver_id: int, points: int, on: date, reference: str) -> Given:
    """Move points from one member to another, from the lots that lapse first.

    What comes from a lot becomes a lot of the same date at the receiver: giving lengthens no point's life. A deficit
    of the receiver is filled first. Refuses `insufficient_points`.
    """
    receiver = lock_accounts(tx, [giver_id, receiver_id])[receiver_id]
    giver, lots = current_lots(tx, giver_id)
    refuse_too_few(giver, lots, points)
    taken = split_over_lots(lots, points)
    balance = giver.balance_points - points
    transfer_id = post(
        tx, TransferKind.GIFT, giver.id, receiver.id, points, on, reference,
        debit_balance_points=balance, credit_balance_points=receiver.balance_points + points,
    )  # fmt: skip
    take_from(tx, transfer_id, taken)
    put_into_lots(tx, transfer_id, receiver.id, without_first(taken, receiver.deficit_points))
    change_account(tx, giver.id, -points)
    change_account(tx, receiver.id, points)
    return Given(transfer_id, balance, _by_date(taken))


def grant(
    tx: Transaction, *, member_id: int, branch_id: int, points: int, lapses_on: date, on: date, reference: str
) -> Posted:
    """Credit a member from a branch's help pool, into a lot of that date. A deficit is filled first.

    That the pool has as many points is the caller's to know: the bank's accounts store no balance.
    """
    account = lock_account(tx, member_id)
    balance, pool = account.balance_points + points, bank_account(tx, AccountKind.DONATED, branch_id)
    transfer_id = post(tx, TransferKind.GRANT, pool, account.id, points, on, reference, credit_balance_points=balance)
    into_lot = points - min(account.deficit_points, points)
    if into_lot:
        fill_lot(tx, transfer_id, account.id, lapses_on, into_lot)
    change_account(tx, account.id, points)
    return Posted(transfer_id, balance)


def put_into_lots(tx: Transaction, transfer_id: int, account_id: int, lots: Iterable[LotPoints]) -> None:
    """Put points into an account's own lots of the same dates."""
    for lapses_on, points in _by_date(lots).items():
        fill_lot(tx, transfer_id, account_id, lapses_on, points)


def _by_date(lots: Iterable[LotPoints]) -> dict[date, int]:
    points: Counter[date] = Counter()
    for lot in lots:
        points[lot.lapses_on] += lot.points
    return dict(points)
