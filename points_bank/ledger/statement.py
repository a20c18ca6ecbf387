"""A member's account line by line, newest first."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.ledger.models import TransferKind
from points_bank.ledger.posting import TRANSFER
from points_bank.transaction import Transaction


class StatementLine(msgspec.Struct, frozen=True):
    """A transfer as its member sees it: `amount_points` is negative for what went out."""

    id: int
    kind: TransferKind
    amount_points: int
    balance_points: int
    occurred_on: date
    posted_at: datetime
    reference: str


def _side(account: sa.Column[int], balance: sa.Column[int], sign: int) -> sa.Select[*tuple[object, ...]]:
    return sa.select(
        TRANSFER.c.id,
        TRANSFER.c.kind,
        (sign * TRANSFER.c.amount_points).label("amount_points"),
        balance.label("balance_points"),
        TRANSFER.c.occurred_on,
        TRANSFER.c.posted_at,
        TRANSFER.c.reference,
    ).where(account == sa.bindparam("account_id"), balance.is_not(None), TRANSFER.c.id < sa.bindparam("before_id"))


_OUT = _side(TRANSFER.c.debit_account_id, TRANSFER.c.debit_balance_points, -1)
_IN = _side(TRANSFER.c.credit_account_id, TRANSFER.c.credit_balance_points, 1)
_BOTH = sa.union_all(_OUT, _IN).subquery()
_STATEMENT = sa.select(_BOTH).order_by(_BOTH.c.id.desc()).limit(sa.bindparam("most"))


def statement(tx: Transaction, account_id: int, *, before_id: int, most: int) -> list[StatementLine]:
    """At most so many transfers of a member's account before the one with that id, newest first."""
    rows: Sequence[Any] = tx.all(_STATEMENT, account_id=account_id, before_id=before_id, most=most)
    return [StatementLine(*row) for row in rows]
