"""Reversal: what was awarded and is taken back, linked to the awards it corrects."""

from collections.abc import Sequence

import sqlalchemy as sa

from points_bank.columns import given
from points_bank.errors import BalanceFloor
from points_bank.ledger.lots import USE, split_over_lots, without_first
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import (
    TRANSFER,
    Award,
    bank_account,
    change_account,
    current_lots,
    post,
    take_from,
)
from points_bank.transaction import Transaction

_AMOUNT = sa.select(TRANSFER.c.amount_points).where(*given(TRANSFER, "id"))
_REVERSED = sa.select(sa.func.coalesce(sa.func.sum(TRANSFER.c.amount_points), 0)).where(*given(TRANSFER, "reverses_id"))
_LOTS_FILLED = sa.select(USE.c.lot_id).where(USE.c.transfer_id.in_(sa.bindparam("transfer_ids", expanding=True)))


def reverse(tx: Transaction, correction: Award, *, of: Sequence[int], floor_points: int) -> list[int]:
    """Take back points of a member's awards `of` (transfer ids, all of one cause); the reversals' ids.

    `correction` says what is taken, as positive figures: `points`, `minutes`, `activities`. The lots that the awards
    went into are taken from first, whatever their dates are by now, then the other lots by date; then a deficit is
    made. Refuses `balance_floor` below `floor_points`. The newest award is reversed first, none by more than was
    posted.
    """
    account, lots = current_lots(tx, correction.member_id)
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
        ids.append(post(
            tx, TransferKind.REVERSAL, account.id, issue, part, correction.occurred_on, reference,
            debit_balance_points=running, reverses_id=award_id,
        ))  # fmt: skip
        take_from(tx, ids[-1], split_over_lots(lots, part))
        lots = without_first(lots, part)
    assert left == 0, "no more is reversed than was awarded"
    change_account(
        tx, account.id, -correction.points, honour=-correction.points, minutes=-correction.minutes,
        activities=-correction.activities,
    )  # fmt: skip
    return ids
