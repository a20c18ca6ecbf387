"""Spending: points for goods, held for a reservation or donated; and back to the lots they came from."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec
import sqlalchemy as sa

from points_bank.columns import given
from points_bank.errors import InsufficientPoints
from points_bank.ledger.accounts import MemberAccount, lock_account
from points_bank.ledger.lots import LotPoints, is_past, lots_taken_by, split_over_lots, total, without_first
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import (
    TRANSFER,
    Posted,
    bank_account,
    change_account,
    current_lots,
    lot_until,
    post,
    take_from,
    use_lots,
)
from points_bank.transaction import Transaction

_FIND = sa.select(TRANSFER.c.id, TRANSFER.c.amount_points).where(*given(TRANSFER, "kind", "reference"))


SPENT_ON: Mapping[TransferKind, AccountKind] = {
    TransferKind.REDEMPTION: AccountKind.REDEEMED,
    TransferKind.HOLD: AccountKind.HELD,
    TransferKind.DONATION: AccountKind.DONATED,
}
"""Where spent points go, by kind of transfer."""


class Purse(msgspec.Struct, frozen=True):
    """A locked account and its lots, none of which is past its date."""

    account: MemberAccount
    lots: list[LotPoints]

    @property
    def spendable_points(self) -> int:
        """Negative where there is a deficit."""
        return total(self.lots) - self.account.deficit_points


def lock_purse(tx: Transaction, member_id: int) -> Purse:
    """What a member can spend from; it stays so until the act ends. Lots past their date are booked as lapsed."""
    return Purse(*current_lots(tx, member_id))


def spend(
    tx: Transaction,
    *,
    member_id: int,
    kind: TransferKind,
    branch_id: int,
    points: int,
    on: date,
    reference: str,
    purse: Purse | None = None,
) -> Posted:
    """Debit a member, from the lots that lapse first: for a redemption, a reservation's hold, or a donation.

    `purse` is the member's, where this act has locked it already. Refuses `insufficient_points` when fewer can be
    spent.
    """
    purse = purse or lock_purse(tx, member_id)
    account, lots = purse.account, purse.lots
    refuse_too_few(account, lots, points)
    balance = account.balance_points - points
    to = bank_account(tx, SPENT_ON[kind], branch_id)
    transfer_id = post(tx, kind, account.id, to, points, on, reference, debit_balance_points=balance)
    take_from(tx, transfer_id, split_over_lots(lots, points))
    change_account(tx, account.id, -points)
    return Posted(transfer_id, balance)


def refuse_too_few(account: MemberAccount, lots: Sequence[LotPoints], points: int) -> None:
    """Refuses `insufficient_points` where the lots, none of them past its date, hold fewer beyond the deficit."""
    spendable_points = total(lots) - account.deficit_points
    if spendable_points < points:
        raise InsufficientPoints(asked_points=points, spendable_points=spendable_points)


def collect(tx: Transaction, *, branch_id: int, on: date, reference: str) -> int:
    """Move held points on to what is redeemed: the goods were handed over. The member's balance stays as it is."""
    hold = tx.one(_FIND, kind=TransferKind.HOLD, reference=reference)
    held, redeemed = (bank_account(tx, kind, branch_id) for kind in (AccountKind.HELD, AccountKind.REDEEMED))
    return post(tx, TransferKind.COLLECTION, held, redeemed, hold.amount_points, on, reference)


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
    transfer_id = post(
        tx, kind, bank_account(tx, source, branch_id), account.id, spent.amount_points, on, reference,
        credit_balance_points=balance, reverses_id=spent.id,
    )  # fmt: skip
    into: dict[int, int] = {}
    for lot in without_first(lots_taken_by(tx, spent.id), account.deficit_points):
        lot_id = lot_until(tx, account.id, on + timedelta(days=grace_days)) if is_past(lot, on) else lot.lot_id
        into[lot_id] = into.get(lot_id, 0) + lot.points
    use_lots(tx, [{"transfer_id": transfer_id, "lot_id": lot_id, "points": points} for lot_id, points in into.items()])
    change_account(tx, account.id, spent.amount_points)
    return Posted(transfer_id, balance)
