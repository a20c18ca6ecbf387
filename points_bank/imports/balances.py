"""A file of opening balances."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Task
from points_bank.columns import table_of
from points_bank.errors import OwnActivity, message
from points_bank.imports.cells import Unreadable, count_of, date_of
from points_bank.imports.finding import WHO, find_members
from points_bank.imports.headings import Column, Fault, ReadRow
from points_bank.imports.rows import Entry, Refused, RowKind
from points_bank.imports.scope import Scope
from points_bank.ledger.models import Transfer, TransferKind
from points_bank.ledger.opening import OpeningBalance, carry_over
from points_bank.rules.in_force import rules_in_force
from points_bank.transaction import Transaction

TRANSFER = table_of(Transfer)

MOST_POINTS = 100_000
"""More than this on one line is a slip: a phone number in the wrong column."""

NOTHING = message("No points.")
TOO_MANY = message("More than {most} points.")
LONGEST_AHEAD_YEARS = 10
"""A lapse later than this is a slip: 2062 for 2026."""

TOO_FAR = message("More than {years} years ahead.")
HAS_LAPSED = message("These points have lapsed.")
ANOTHER_BALANCE = message("Another opening balance up to that date was taken already: {points} points.")

_TAKEN = sa.select(TRANSFER.c.reference, TRANSFER.c.amount_points).where(
    TRANSFER.c.kind == TransferKind.OPENING, TRANSFER.c.reference.in_(sa.bindparam("references", expanding=True))
)


def points_of(cell: object) -> int:
    points = count_of(cell)
    if points == 0:
        raise Unreadable(NOTHING)
    if points > MOST_POINTS:
        raise Unreadable(TOO_MANY, most=MOST_POINTS)
    return points


class BalanceRows(RowKind):
    """Each row is what a member could still spend when the bank was opened, up to one date of lapse."""

    task = Task.LOG
    rows_of_a_part = 200
    same = message("The balance of this member up to this date stands in row {row} already.")
    columns: Sequence[Column] = (
        *WHO,
        Column("points", ("积分", "余额", "积分余额", "可用积分", "剩余积分", "balance"), points_of, needed=True),
        Column("lapses_on", ("到期日期", "到期日", "有效期至", "lapses on", "valid until"), date_of),
    )

    def entries(self, tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> list[Entry | Refused]:
        usual = rules_in_force(tx, branch_path=scope.branch.path, on=tx.today).rule_set.lapses_on(tx.today)
        members = find_members(tx, scope, rows)
        balances = [
            member if isinstance(member, Fault) else _balance(member, scope, row, usual)
            for member, row in zip(members, rows, strict=True)
        ]
        taken = _taken(tx, balances)
        return [_entry(tx.today, scope, row, each, taken) for row, each in zip(rows, balances, strict=True)]

    def write(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> Sequence[int]:
        posted = [carry_over(tx, entry.value).transfer_id for entry in entries]
        audit.note_each(tx, scope.by, [f"member:{entry.value.member_id}" for entry in entries])
        return posted


def _balance(member_id: int, scope: Scope, row: ReadRow, usual: date) -> OpeningBalance:
    lapses_on = row.values.get("lapses_on", usual)
    return OpeningBalance(
        member_id=member_id, branch_id=scope.branch.id, points=row.values["points"], lapses_on=lapses_on,
        reference=f"opening:{member_id}:{lapses_on}",
    )  # fmt: skip


def _taken(tx: Transaction, balances: Sequence[OpeningBalance | Fault]) -> dict[str, int]:
    """The points of opening balances that were taken before, by reference."""
    references = [each.reference for each in balances if isinstance(each, OpeningBalance)]
    rows: Sequence[Any] = tx.all(_TAKEN, references=references) if references else []
    return {row.reference: row.amount_points for row in rows}


def _entry(
    today: date, scope: Scope, row: ReadRow, balance: OpeningBalance | Fault, taken: dict[str, int]
) -> Entry | Refused:
    if isinstance(balance, Fault):
        return Refused(row, [balance])
    if balance.member_id in scope.own_ids:
        return Refused(row, [Fault(None, OwnActivity.sentence)])
    if balance.lapses_on < today:
        return Refused(row, [Fault("lapses_on", HAS_LAPSED)])
    if balance.lapses_on.year > today.year + LONGEST_AHEAD_YEARS:
        return Refused(row, [Fault("lapses_on", TOO_FAR, {"years": LONGEST_AHEAD_YEARS})])
    if taken.get(balance.reference, balance.points) != balance.points:
        return Refused(row, [Fault("points", ANOTHER_BALANCE, {"points": taken[balance.reference]})])
    # One balance of a member up to one date: a second line of the same file is the same one again, or wrong.
    return Entry(row, balance.reference, balance)
