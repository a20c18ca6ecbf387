"""What must hold of redemptions, their transfers and their goods."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from points_bank.checks import Check, query_check
from points_bank.columns import table_of
from points_bank.ledger.models import Account, Transfer, TransferKind
from points_bank.ledger.walk import walked
from points_bank.redemptions.models import Redemption, RedemptionPayment, RedemptionState
from points_bank.redemptions.payments import OWN_REFERENCE, PAYERS_REFERENCE
from points_bank.transaction import Transaction

REDEMPTION, PAYMENT = table_of(Redemption), table_of(RedemptionPayment)
TRANSFER, ACCOUNT = table_of(Transfer), table_of(Account)

_KINDS = (
    TransferKind.REDEMPTION,
    TransferKind.HOLD,
    TransferKind.COLLECTION,
    TransferKind.RELEASE,
    TransferKind.REFUND,
)
_HELD_ACCOUNTS = sa.text("SELECT id, owner_id FROM account WHERE kind = 'held' ORDER BY owner_id")
_RESERVED = sa.text("""
    SELECT d.branch_id, SUM(e.amount_points) FROM redemption e JOIN desk d ON d.id = e.desk_id
    WHERE e.state = 'reserved' GROUP BY d.branch_id
""")
_AMOUNTS = sa.text("""
    SELECT e.id, e.amount_points, COALESCE(SUM(i.quantity * i.cost_points), 0) AS cost
    FROM redemption e LEFT JOIN redemption_item i ON i.redemption_id = e.id
    GROUP BY e.id, e.amount_points HAVING e.amount_points <> COALESCE(SUM(i.quantity * i.cost_points), 0)
""")
_GOODS = sa.text("""
    SELECT * FROM (
        SELECT i.redemption_id, i.reward_id, i.quantity, e.state,
            COALESCE(SUM(CASE WHEN m.kind = CASE WHEN e.expires_at IS NULL THEN 'redeemed' ELSE 'reserved' END
                THEN -m.quantity END), 0) AS taken,
            COALESCE(SUM(CASE WHEN m.kind = CASE WHEN e.collected_at IS NULL THEN 'released' ELSE 'refunded' END
                THEN m.quantity END), 0) AS returned
        FROM redemption_item i JOIN redemption e ON e.id = i.redemption_id
        LEFT JOIN stock_movement m
            ON m.redemption_id = i.redemption_id AND m.reward_id = i.reward_id AND m.desk_id = e.desk_id
        GROUP BY i.redemption_id, i.reward_id, i.quantity, e.state
    ) AS goods
    WHERE taken <> quantity OR returned <> CASE WHEN state IN ('cancelled', 'expired') THEN quantity ELSE 0 END
""")
_STRAY_GOODS = sa.text("""
    SELECT m.id, m.kind FROM stock_movement m
    LEFT JOIN redemption e ON e.id = m.redemption_id AND e.desk_id = m.desk_id
    LEFT JOIN redemption_item i ON i.redemption_id = e.id AND i.reward_id = m.reward_id
    WHERE CASE WHEN m.kind IN ('redeemed', 'reserved', 'released', 'refunded')
        THEN i.reward_id IS NULL ELSE m.redemption_id IS NOT NULL END
""")
_PAYMENTS = sa.text("""
    SELECT e.id, e.amount_points, e.is_pooled, COALESCE(SUM(p.points), 0) AS paid
    FROM redemption e LEFT JOIN redemption_payment p ON p.redemption_id = e.id
    GROUP BY e.id, e.amount_points, e.is_pooled
    HAVING COALESCE(SUM(p.points), 0) <> CASE WHEN e.is_pooled THEN e.amount_points ELSE 0 END
""")
_STRAY_TRANSFERS = sa.text("""
    SELECT t.id, t.kind, t.reference FROM transfer t
    LEFT JOIN redemption e ON e.id = NUMBER_IN(SUBSTR(t.reference, 12))
    WHERE t.kind IN ('redemption', 'hold', 'collection', 'release', 'refund')
        AND (e.id IS NULL OR CASE WHEN e.is_pooled
            THEN NOT EXISTS (
                SELECT 1 FROM redemption_payment p
                WHERE p.redemption_id = e.id AND t.reference = 'redemption:' || e.id || '/' || p.member_id
            )
            ELSE t.reference <> 'redemption:' || e.id END)
""")
_PAID = sa.union_all(
    sa.select(REDEMPTION.c.id, REDEMPTION.c.member_id, REDEMPTION.c.amount_points, OWN_REFERENCE.label("reference"))
    .where(REDEMPTION.c.is_pooled.is_(sa.false())),
    sa.select(PAYMENT.c.redemption_id, PAYMENT.c.member_id, PAYMENT.c.points, PAYERS_REFERENCE.label("reference")),
).subquery("paid")  # fmt: skip
_TRANSFERS = (
    sa.select(
        REDEMPTION.c.id,
        REDEMPTION.c.state,
        REDEMPTION.c.expires_at,
        REDEMPTION.c.collected_at,
        _PAID.c.member_id,
        _PAID.c.amount_points,
        TRANSFER.c.kind,
        TRANSFER.c.amount_points.label("moved_points"),
        ACCOUNT.c.owner_id,
    )
    .join_from(REDEMPTION, _PAID, _PAID.c.id == REDEMPTION.c.id)
    .outerjoin(TRANSFER, sa.and_(TRANSFER.c.kind.in_(_KINDS), TRANSFER.c.reference == _PAID.c.reference))
    .outerjoin(
        ACCOUNT,
        sa.and_(
            ACCOUNT.c.id.in_((TRANSFER.c.debit_account_id, TRANSFER.c.credit_account_id)), ACCOUNT.c.kind == "member"
        ),
    )
    .order_by(REDEMPTION.c.id, _PAID.c.member_id, TRANSFER.c.id)
)


def held_besides_reservations(tx: Transaction) -> Iterator[str]:
    """Branches that hold other points than their desks have open reservations for."""
    reserved = dict(tx.each(_RESERVED))
    balances = walked(tx).balances
    held = {branch_id: balances[account_id] for account_id, branch_id in tx.each(_HELD_ACCOUNTS)}
    for branch_id in sorted(reserved.keys() | held.keys()):
        points = held.get(branch_id, 0), reserved.get(branch_id, 0)
        if points[0] != points[1]:
            yield f"branch {branch_id} holds {points[0]}, open reservations are {points[1]}"


def transfers_besides_their_redemption(tx: Transaction) -> Iterator[str]:
    """Redemptions whose points did not move as their state says, or by another amount, or of another member."""
    for (redemption_id, _), rows in groupby(tx.all(_TRANSFERS), key=lambda row: (row.id, row.member_id)):
        moved = list(rows)
        expected, found = _expected(moved[0]), [row.kind for row in moved if row.kind]
        if found != expected:
            yield f"redemption {redemption_id} ({moved[0].state}): {_list(found)} instead of {_list(expected)}"
        for row in moved:
            if row.kind and row.moved_points != row.amount_points:
                yield f"redemption {redemption_id}: {row.kind} of {row.moved_points}, not {row.amount_points}"
            if row.owner_id not in (None, row.member_id):
                yield f"redemption {redemption_id}: {row.kind} with member {row.owner_id}, not {row.member_id}"


def _expected(row: Any) -> list[TransferKind]:
    """The transfers that a redemption in its state has had, in order."""
    is_collected = row.collected_at is not None
    kinds = [TransferKind.REDEMPTION] if row.expires_at is None else [TransferKind.HOLD]
    if row.expires_at is not None and is_collected:
        kinds.append(TransferKind.COLLECTION)
    if row.state in {RedemptionState.CANCELLED, RedemptionState.EXPIRED}:
        kinds.append(TransferKind.REFUND if is_collected else TransferKind.RELEASE)
    return kinds


def _list(kinds: list[TransferKind]) -> str:
    return ", ".join(kinds) or "nothing"


CHECKS = (
    Check("held points", held_besides_reservations),
    query_check("amounts of redemptions", _AMOUNTS, "redemption {id} of {amount_points}: its items cost {cost}"),
    query_check("payments of redemptions", _PAYMENTS, "redemption {id} of {amount_points}: several people paid {paid}"),
    Check("transfers of redemptions", transfers_besides_their_redemption),
    query_check("transfers with a redemption", _STRAY_TRANSFERS, "transfer {id} ({kind}) has no {reference}"),
    query_check(
        "goods of redemptions",
        _GOODS,
        "redemption {redemption_id} ({state}): {quantity} of reward {reward_id}, {taken} taken, {returned} put back",
    ),
    query_check("goods with a redemption", _STRAY_GOODS, "stock movement {id} ({kind}) belongs to no redemption"),
)
