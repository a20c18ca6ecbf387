"""Opening balances: what a member had on paper before the bank was opened, carried over once."""

from datetime import date

import msgspec

from points_bank.ledger.accounts import lock_account
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import Posted, bank_account, change_account, fill_lot, post
from points_bank.transaction import Transaction


class OpeningBalance(msgspec.Struct, frozen=True, kw_only=True):
    """Points that a member brings along. `reference` names them once for all time."""

    member_id: int
    branch_id: int
    points: int
    lapses_on: date
    reference: str


def carry_over(tx: Transaction, balance: OpeningBalance) -> Posted:
    """Credit what a member brings along, into a lot of that date; a deficit is filled first.

    They are honour points too: what can still be spent was earned once. Service minutes come with past activities.
    """
    assert balance.lapses_on >= tx.today, "what has lapsed is not carried over"
    account = lock_account(tx, balance.member_id)
    source = bank_account(tx, AccountKind.OPENING, balance.branch_id)
    after = account.balance_points + balance.points
    transfer_id = post(
        tx, TransferKind.OPENING, source, account.id, balance.points, tx.today, balance.reference,
        credit_balance_points=after,
    )  # fmt: skip
    into_lot = balance.points - min(account.deficit_points, balance.points)
    if into_lot:
        fill_lot(tx, transfer_id, account.id, balance.lapses_on, into_lot)
    change_account(tx, account.id, balance.points, honour=balance.points)
    return Posted(transfer_id, after)
