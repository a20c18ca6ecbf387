"""Posting many awards or spendings as a few statements: for demo and load data, and for histories taken over.

The same rules as `posting.py`, for what is simple: a batch has at most one posting a member, nobody in it is below
zero, and nothing in it has lapsed. What goes into a batch is staged first, so that every statement after that is one
pass in the order of accounts.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from points_bank.columns import BigInt, EnumText
from points_bank.ledger.accounts import ACCOUNT
from points_bank.ledger.lots import LOT, USE
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import TRANSFER
from points_bank.transaction import Transaction

Postings = sa.Select[Any] | Sequence[dict[str, Any]]
"""A query, or rows by name."""

NOTHING_EARNED: dict[str, Any] = {"minutes": 0, "activities": 0, "lapses_on": None}
"""What a spending does not have."""

_DETAILS: list[sa.ColumnClause[Any]] = [
    *(sa.column("points", sa.Integer), sa.column("minutes", sa.Integer), sa.column("activities", sa.Integer)),
    *(sa.column("occurred_on", sa.Date()), sa.column("lapses_on", sa.Date()), sa.column("reference", sa.String)),
]
_GIVEN = sa.table("given_posting", sa.column("member_id", BigInt), sa.column("branch_id", BigInt), *_DETAILS)
_STAGED = sa.table(
    "staged_posting", sa.column("account_id", BigInt), sa.column("bank_account_id", BigInt),
    *(sa.column(each.name, each.type) for each in _DETAILS),
)  # fmt: skip
_MAKE_STAGE: list[sa.Executable] = [
    sa.text(f"""
        CREATE TEMPORARY TABLE IF NOT EXISTS {name} (
            {keys}, points INTEGER NOT NULL, minutes INTEGER NOT NULL, activities INTEGER NOT NULL,
            occurred_on DATE NOT NULL, lapses_on DATE, reference VARCHAR(40) NOT NULL
        )
    """)
    for name, keys in (
        ("given_posting", "member_id INTEGER PRIMARY KEY, branch_id INTEGER NOT NULL"),
        ("staged_posting", "account_id INTEGER PRIMARY KEY, bank_account_id INTEGER NOT NULL"),
    )
]
_CLEAR_STAGE: list[sa.Executable] = [sa.delete(_GIVEN), sa.delete(_STAGED)]


def _staging() -> sa.Insert:
    """Accounts are looked up one by one: a join would go through all of them for a batch of ten."""
    bank, details = ACCOUNT.alias("bank_account"), [each.name for each in _DETAILS]
    own_id = sa.select(ACCOUNT.c.id).where(
        ACCOUNT.c.kind == AccountKind.MEMBER, ACCOUNT.c.owner_id == _GIVEN.c.member_id
    )
    bank_id = sa.select(bank.c.id).where(
        bank.c.kind == sa.bindparam("bank_kind"), bank.c.owner_id == _GIVEN.c.branch_id
    )
    rows = sa.select(
        own_id.scalar_subquery().label("account_id"),
        bank_id.scalar_subquery().label("bank_account_id"),
        *(_GIVEN.c[name] for name in details),
    ).subquery()
    found = sa.select(rows).where(rows.c.account_id.is_not(None), rows.c.bank_account_id.is_not(None))
    return sa.insert(_STAGED).from_select(
        ["account_id", "bank_account_id", *details], found.order_by(rows.c.account_id)
    )


_GIVE = sa.insert(_GIVEN)
_OF_STAGED = sa.select(_STAGED.c.account_id)
_LOCK_STAGED = sa.select(ACCOUNT.c.id).where(ACCOUNT.c.id.in_(_OF_STAGED)).order_by(ACCOUNT.c.id).with_for_update()
_STAGE = _staging()
_HOW_MANY_GIVEN, _HOW_MANY_STAGED = (sa.select(sa.func.count()).select_from(each) for each in (_GIVEN, _STAGED))
_LAST_TRANSFER = sa.select(sa.func.coalesce(sa.func.max(TRANSFER.c.id), 0))

_IS_MEMBERS = ACCOUNT.c.id == _STAGED.c.account_id
_IS_NEW = TRANSFER.c.id > sa.bindparam("after_id")
_OPEN_ACCOUNTS_COLUMNS = [
    "kind", "owner_id", "balance_points", "version", "honour_points", "service_minutes", "activities"
]  # fmt: skip


def _transfers(
    kind: sa.ColumnElement[Any], *, debit: sa.ColumnElement[int], credit: sa.ColumnElement[int], sign: int
) -> sa.Insert:
    balance = ACCOUNT.c.balance_points + sign * _STAGED.c.points
    columns = {
        "kind": kind,
        "debit_account_id": debit,
        "credit_account_id": credit,
        "amount_points": _STAGED.c.points,
        "debit_balance_points" if sign < 0 else "credit_balance_points": balance,
        "occurred_on": _STAGED.c.occurred_on,
        "posted_at": sa.bindparam("now", type_=TRANSFER.c.posted_at.type),
        "reference": _STAGED.c.reference,
    }
    rows = (
        sa.select(*columns.values())
        .join_from(_STAGED, ACCOUNT, _IS_MEMBERS)
        .where(_STAGED.c.points > 0)
        .order_by(_STAGED.c.account_id)
    )
    return sa.insert(TRANSFER).from_select(list(columns), rows)


_AWARD = _transfers(
    sa.literal(TransferKind.AWARD, EnumText(TransferKind)),
    debit=_STAGED.c.bank_account_id, credit=_STAGED.c.account_id, sign=1,
)  # fmt: skip
_SPEND = _transfers(
    sa.bindparam("kind", type_=EnumText(TransferKind)),
    debit=_STAGED.c.account_id, credit=_STAGED.c.bank_account_id, sign=-1,
)  # fmt: skip


def _is_lot_of(lot: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(
        lot.c.account_id == _STAGED.c.account_id, lot.c.lapses_on == _STAGED.c.lapses_on, lot.c.extension_order == ""
    )


_LOT, _IS_LOT = LOT.alias("lot_filled"), _is_lot_of(LOT)
_OPEN_LOTS = sa.insert(LOT).from_select(
    ["account_id", "lapses_on", "extension_order", "remaining_points"],
    sa.select(_STAGED.c.account_id, _STAGED.c.lapses_on, sa.literal(""), sa.literal(0))
    .where(_STAGED.c.points > 0, ~sa.exists().where(_IS_LOT))
    .order_by(_STAGED.c.account_id),
)
_OWN_POINTS = sa.select(_STAGED.c.points).where(_STAGED.c.account_id == LOT.c.account_id).scalar_subquery()
_FILL_LOTS = (
    sa.update(LOT)
    .where(LOT.c.id.in_(sa.select(_LOT.c.id).join_from(_STAGED, _LOT, _is_lot_of(_LOT))))
    .values(remaining_points=LOT.c.remaining_points + _OWN_POINTS)
)
_REMEMBER_FILLING = sa.insert(USE).from_select(
    ["transfer_id", "lot_id", "points"],
    sa.select(TRANSFER.c.id, LOT.c.id, _STAGED.c.points)
    .join_from(TRANSFER, _STAGED, _STAGED.c.account_id == TRANSFER.c.credit_account_id)
    .join(LOT, _IS_LOT)
    .where(_IS_NEW)
    .order_by(TRANSFER.c.id),
)


def _changing(**signs: int) -> sa.Update:
    """Change the accounts of a batch by what is staged: `balance_points=-1, ...` takes the points from the balance."""
    staged = {"balance_points": "points", "honour_points": "points", "service_minutes": "minutes"}
    changes: dict[str, Any] = {"version": ACCOUNT.c.version + 1}
    for name, sign in signs.items():
        own = sa.select(_STAGED.c[staged.get(name, name)]).where(_IS_MEMBERS).scalar_subquery()
        changes[name] = ACCOUNT.c[name] + sign * own
    return sa.update(ACCOUNT).where(ACCOUNT.c.id.in_(sa.select(_STAGED.c.account_id))).values(**changes)


_CREDIT_ACCOUNTS = _changing(balance_points=1, honour_points=1, service_minutes=1, activities=1)
_DEBIT_ACCOUNTS = _changing(balance_points=-1)


def _taking() -> sa.Insert:
    """Each spending goes through its member's lots, those that lapse first in front, until it has what it needs."""
    in_front = (
        sa.func.sum(LOT.c.remaining_points).over(
            partition_by=LOT.c.account_id, order_by=(LOT.c.lapses_on, LOT.c.id), rows=(None, 0)
        )
        - LOT.c.remaining_points
    )
    lots = (
        sa.select(
            TRANSFER.c.id.label("transfer_id"), LOT.c.id.label("lot_id"), LOT.c.remaining_points,
            (_STAGED.c.points - in_front).label("wanted"),
        )
        .join_from(TRANSFER, _STAGED, _STAGED.c.account_id == TRANSFER.c.debit_account_id)
        .join(LOT, sa.and_(LOT.c.account_id == _STAGED.c.account_id, LOT.c.remaining_points > 0))
        .where(_IS_NEW, LOT.c.lapses_on >= sa.bindparam("today"))
        .subquery()
    )  # fmt: skip
    taken = sa.case((lots.c.wanted < lots.c.remaining_points, lots.c.wanted), else_=lots.c.remaining_points)
    rows = sa.select(lots.c.transfer_id, lots.c.lot_id, -taken).where(lots.c.wanted > 0).order_by(lots.c.transfer_id)
    return sa.insert(USE).from_select(["transfer_id", "lot_id", "points"], rows)


_TAKE = _taking()
_EMPTY_LOTS = (
    sa.update(LOT)
    .where(USE.c.lot_id == LOT.c.id, USE.c.transfer_id > sa.bindparam("after_id"), LOT.c.account_id.in_(_OF_STAGED))
    .values(remaining_points=LOT.c.remaining_points + USE.c.points)
)
_TAKEN = (
    sa.select(sa.func.coalesce(-sa.func.sum(USE.c.points), 0))
    .join_from(USE, LOT, LOT.c.id == USE.c.lot_id)
    .where(USE.c.transfer_id > sa.bindparam("after_id"), LOT.c.account_id.in_(_OF_STAGED))
)
_WANTED = sa.select(sa.func.coalesce(sa.func.sum(_STAGED.c.points), 0))


def open_accounts(tx: Transaction, members: sa.Select[tuple[int]]) -> None:
    """Open an empty account for each member that a query finds."""
    found = members.subquery()
    (member_id,) = found.c
    kind = sa.literal(AccountKind.MEMBER, EnumText(AccountKind))
    rows = sa.select(kind, member_id, *(sa.literal(0) for _ in _OPEN_ACCOUNTS_COLUMNS[2:])).order_by(member_id)
    tx.run(sa.insert(ACCOUNT).from_select(_OPEN_ACCOUNTS_COLUMNS, rows))


def award_all(tx: Transaction, awards: Postings, /, **values: Any) -> int:
    """Credit awards, at most one a member; how many were more than 0 points.

    A query gives `member_id`, `branch_id`, `points`, `minutes`, `activities`, `occurred_on`, `lapses_on` and
    `reference`, as in `Award`; it may take values by name. Accounts of the branches (`bank_account`) are open.
    """
    _stage(tx, awards, AccountKind.ISSUE, values)
    after_id = tx.scalar(_LAST_TRANSFER)
    posted = tx.run(_AWARD, now=tx.now)
    tx.run(_OPEN_LOTS)
    tx.run(_FILL_LOTS)
    tx.run(_REMEMBER_FILLING, after_id=after_id)
    tx.run(_CREDIT_ACCOUNTS)
    return posted


def spend_all(tx: Transaction, spendings: Postings, /, *, kind: TransferKind, **values: Any) -> int:
    """Debit redemptions (or holds), at most one a member, from the lots that lapse first; how many.

    Each has `member_id`, `branch_id`, `points`, `occurred_on` and `reference`. Everybody has enough: nothing is
    refused here.
    """
    to = {TransferKind.REDEMPTION: AccountKind.REDEEMED, TransferKind.HOLD: AccountKind.HELD}[kind]
    _stage(tx, spendings, to, values)
    after_id = tx.scalar(_LAST_TRANSFER)
    posted = tx.run(_SPEND, kind=kind, now=tx.now)
    tx.run(_TAKE, after_id=after_id, today=tx.today)
    assert tx.scalar(_TAKEN, after_id=after_id) == tx.scalar(_WANTED), "everybody has enough"
    tx.run(_EMPTY_LOTS, after_id=after_id)
    tx.run(_DEBIT_ACCOUNTS)
    return posted


def _stage(tx: Transaction, postings: Postings, bank_kind: AccountKind, values: dict[str, Any]) -> None:
    """Put a batch in the order of accounts, with the account of the bank that each posting goes against.

    In two steps: what a query costs is its own business, and does not depend on how it would be joined.
    """
    for statement in (*_MAKE_STAGE, *_CLEAR_STAGE):
        tx.run(statement)
    if isinstance(postings, sa.Select):
        tx.run(_giving(postings), **values)
    else:
        tx.many(_GIVE, [NOTHING_EARNED | each for each in postings])
    tx.run(_STAGE, bank_kind=bank_kind)
    if not tx.writes_alone:
        tx.all(_LOCK_STAGED)
    assert tx.scalar(_HOW_MANY_GIVEN) == tx.scalar(_HOW_MANY_STAGED), "every account is open"


def _giving(postings: sa.Select[Any]) -> sa.Insert:
    """What the query gives, with nothing for what spendings do not have."""
    each = postings.subquery()
    columns: dict[str, Any] = {name: each.c[name] for name in ("member_id", "branch_id")}
    for detail in _DETAILS:
        absent: Any = sa.null() if detail.name == "lapses_on" else sa.literal(0)
        columns[detail.name] = each.c.get(detail.name, absent)
    return sa.insert(_GIVEN).from_select(list(columns), sa.select(*columns.values()))
