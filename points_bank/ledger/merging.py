"""Merging: what one account holds goes to another of the same person, with its lots' dates, or with its deficit."""

from datetime import date

from points_bank.ledger.accounts import lock_accounts
from points_bank.ledger.giving import put_into_lots
from points_bank.ledger.lots import split_over_lots, without_first
from points_bank.ledger.models import TransferKind
from points_bank.ledger.posting import change_account, current_lots, post, take_from
from points_bank.transaction import Transaction


def merge_accounts(tx: Transaction, *, member_id: int, into_member_id: int, on: date, reference: str) -> int | None:
    """Empty a member's account into another's; the transfer, or None where there was nothing.

    Points keep the dates of their lots and fill a deficit of the receiver first. A deficit is taken from the
    receiver's lots, and what they lack becomes theirs. Lifetime totals stay where they were earned.
    """
    lock_accounts(tx, [member_id, into_member_id])
    old, lots = current_lots(tx, member_id)
    into, lots_into = current_lots(tx, into_member_id)
    points = abs(old.balance_points)
    if points == 0:
        return None
    is_owed = old.balance_points < 0
    giver, receiver = (into, old) if is_owed else (old, into)
    transfer_id = post(
        tx, TransferKind.MERGER, giver.id, receiver.id, points, on, reference,
        debit_balance_points=giver.balance_points - points, credit_balance_points=receiver.balance_points + points,
    )  # fmt: skip
    taken = split_over_lots(lots_into if is_owed else lots, points)
    take_from(tx, transfer_id, taken)
    if not is_owed:
        put_into_lots(tx, transfer_id, into.id, without_first(taken, into.deficit_points))
    change_account(tx, giver.id, -points)
    change_account(tx, receiver.id, points)
    return transfer_id
