"""What the bank keeps of one member, for that person to take along: every row that names them, secrets left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from points_bank.activities.models import Activity, Correction, Participation
from points_bank.actor import Actor, Task
from points_bank.columns import table_of
from points_bank.exports.tables import exported_columns, exported_tables
from points_bank.ledger.models import Account, AccountKind, Lot, LotUse, Transfer
from points_bank.members.finding import member_seen
from points_bank.redemptions.models import Redemption, RedemptionItem
from points_bank.rules.rule_set import ServiceRole
from points_bank.spreadsheets import Cell, Sheet
from points_bank.transaction import Transaction

ACCOUNT, LOT, USE, TRANSFER = table_of(Account), table_of(Lot), table_of(LotUse), table_of(Transfer)
ACTIVITY, LINE, CORRECTION = table_of(Activity), table_of(Participation), table_of(Correction)
REDEMPTION, ITEM = table_of(Redemption), table_of(RedemptionItem)

FORMAT, VERSION = "points-bank-member", 1

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MemberExport:
    """By table, the rows that are about a member; tables without any are left out."""

    format: str
    version: int
    member_id: int
    exported_at: datetime
    tables: dict[str, list[Row]]


_WHO: sa.BindParameter[int] = sa.bindparam("member_id")
_ACCOUNTS = sa.select(ACCOUNT.c.id).where(ACCOUNT.c.kind == AccountKind.MEMBER, ACCOUNT.c.owner_id == _WHO)
_LINES = sa.select(LINE.c.id).where(LINE.c.member_id == _WHO)
_NAMED_OTHERWISE = {
    ACCOUNT: ACCOUNT.c.id.in_(_ACCOUNTS),
    LOT: LOT.c.account_id.in_(_ACCOUNTS),
    TRANSFER: sa.or_(TRANSFER.c.debit_account_id.in_(_ACCOUNTS), TRANSFER.c.credit_account_id.in_(_ACCOUNTS)),
    USE: USE.c.lot_id.in_(sa.select(LOT.c.id).where(LOT.c.account_id.in_(_ACCOUNTS))),
    ACTIVITY: ACTIVITY.c.id.in_(sa.select(LINE.c.activity_id).where(LINE.c.member_id == _WHO)),
    CORRECTION: CORRECTION.c.participation_id.in_(_LINES),
    ITEM: ITEM.c.redemption_id.in_(sa.select(REDEMPTION.c.id).where(REDEMPTION.c.member_id == _WHO)),
}
"""Tables whose rows are about a member without a column that says so."""
_ONLY = {ACTIVITY: ("id", "branch_id", "role", "title", "theme", "place", "started_at", "ended_at", "service_on")}
"""What of a row is the member's; who recorded a sheet, and its evidence, may be about others."""


def export_member(tx: Transaction, member_id: int, *, by: Actor) -> MemberExport:
    """All that is kept of a member: by the member, or by who keeps the members of their branch."""
    member_seen(tx, member_id, task=Task.EXPORT_MEMBERS, by=by)
    tables = {name: rows for name, rows in _rows(tx, member_id) if rows}
    return MemberExport(FORMAT, VERSION, member_id, tx.now, tables)


def member_sheets(export: MemberExport, zone: ZoneInfo) -> list[Sheet]:
    """A sheet for each table, times by the district's clock."""
    return [
        Sheet(name, list(rows[0]), [[_cell(value, zone) for value in row.values()] for row in rows])
        for name, rows in export.tables.items()
    ]


def _rows(tx: Transaction, member_id: int) -> Iterator[tuple[str, list[Row]]]:
    for name, statement in _statements():
        rows = [dict(zip(row._fields, row, strict=True)) for row in tx.all(statement, member_id=member_id)]
        yield name, [_without_story(row) for row in rows] if name == ACTIVITY.name else rows


@cache
def _statements() -> list[tuple[str, sa.Select[Any]]]:
    """A statement for each table with rows about a member: by its columns that refer to one, or as said above."""
    statements = []
    for table in exported_tables():
        named = [key.parent == _WHO for key in table.foreign_keys if key.column.table.name == "member"]
        if table.name == "member":
            named = [table.c.id == _WHO]
        if table in _NAMED_OTHERWISE:
            named.append(_NAMED_OTHERWISE[table])
        if named:
            columns = [each for each in exported_columns(table) if each.name in _ONLY.get(table, (each.name,))]
            in_order = list(table.primary_key.columns)
            statements.append((table.name, sa.select(*columns).where(sa.or_(*named)).order_by(*in_order)))
    return statements


def _without_story(activity: Row) -> Row:
    """A mediation is known by its case number, which stands in the member's own line."""
    return activity | {"title": None, "place": None} if activity["role"] is ServiceRole.MEDIATION else activity


def _cell(value: Any, zone: ZoneInfo) -> Cell:
    if isinstance(value, datetime):
        return value.astimezone(zone)
    return value if value is None or isinstance(value, Cell) else str(value)
