"""What the bank keeps of one member, for that person to take along: every row that names them, secrets left out."""

from collections.abc import Iterator, Set
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import SQLModel

from points_bank.activities.models import Activity, Correction, Participation
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.columns import table_of
from points_bank.exports.tables import exported_columns, exported_tables, told
from points_bank.leaderboards.models import Edition, Leaderboard
from points_bank.ledger.models import Account, AccountKind, Lot, LotUse, Transfer
from points_bank.members.finding import member_seen, merged_into
from points_bank.redemptions.models import Redemption, RedemptionItem
from points_bank.rewards.models import Desk, Reward
from points_bank.rules.rule_set import ServiceRole
from points_bank.staff.models import Staff
from points_bank.suspensions.models import Suspension
from points_bank.transaction import Transaction

ACCOUNT, LOT, USE, TRANSFER = table_of(Account), table_of(Lot), table_of(LotUse), table_of(Transfer)
ACTIVITY, LINE, CORRECTION = table_of(Activity), table_of(Participation), table_of(Correction)
REDEMPTION, ITEM = table_of(Redemption), table_of(RedemptionItem)
BRANCH, DESK, REWARD = table_of(Branch), table_of(Desk), table_of(Reward)
STAFF = table_of(Staff)
EDITION, BOARD, SUSPENSION = table_of(Edition), table_of(Leaderboard), table_of(Suspension)

FORMAT, VERSION = "points-bank-member", 1

Row = dict[str, Any]


class MemberExport(msgspec.Struct, frozen=True):
    """By table, the rows that are about a member; tables without any are left out.

    `names` say what some of the numbers stand for, by column: branches, desks, goods, boards and activities.
    """

    format: str
    version: int
    member_id: int
    exported_at: datetime
    tables: dict[str, list[Row]]
    names: dict[str, dict[int, str]]


_WHO: sa.BindParameter[list[int]] = sa.bindparam("member_ids", expanding=True)
_ACCOUNTS = sa.select(ACCOUNT.c.id).where(ACCOUNT.c.kind == AccountKind.MEMBER, ACCOUNT.c.owner_id.in_(_WHO))
_LINES = sa.select(LINE.c.id).where(LINE.c.member_id.in_(_WHO))
_NAMED_OTHERWISE = {
    ACCOUNT: ACCOUNT.c.id.in_(_ACCOUNTS),
    LOT: LOT.c.account_id.in_(_ACCOUNTS),
    TRANSFER: sa.or_(TRANSFER.c.debit_account_id.in_(_ACCOUNTS), TRANSFER.c.credit_account_id.in_(_ACCOUNTS)),
    USE: USE.c.lot_id.in_(sa.select(LOT.c.id).where(LOT.c.account_id.in_(_ACCOUNTS))),
    ACTIVITY: ACTIVITY.c.id.in_(sa.select(LINE.c.activity_id).where(LINE.c.member_id.in_(_WHO))),
    CORRECTION: CORRECTION.c.participation_id.in_(_LINES),
    ITEM: ITEM.c.redemption_id.in_(sa.select(REDEMPTION.c.id).where(REDEMPTION.c.member_id.in_(_WHO))),
}
"""Tables whose rows are about a member without a column that says so."""
_ONLY = {ACTIVITY: ("id", "branch_id", "role", "title", "theme", "place", "started_at", "ended_at", "service_on")}
"""What of a row is the member's; who recorded a sheet, and its evidence, may be about others."""
_DECIDED = {SUSPENSION: SUSPENSION.c.is_approved.is_(True)}
"""Of a suspension that one person only proposed, or that was turned down, nobody tells its member."""


_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_NAMES = {
    "branch_id": sa.select(BRANCH.c.id, BRANCH.c.name).where(BRANCH.c.id.in_(_IDS)),
    "desk_id": sa.select(DESK.c.id, DESK.c.name).where(DESK.c.id.in_(_IDS)),
    "reward_id": sa.select(REWARD.c.id, REWARD.c.name).where(REWARD.c.id.in_(_IDS)),
    "staff_id": sa.select(STAFF.c.id, STAFF.c.name).where(STAFF.c.id.in_(_IDS)),
    "edition_id": sa.select(EDITION.c.id, (BOARD.c.name + " " + EDITION.c.period).label("name"))
    .join_from(EDITION, BOARD, BOARD.c.id == EDITION.c.board_id)
    .where(EDITION.c.id.in_(_IDS)),
}


def export_member(tx: Transaction, member_id: int, *, by: Actor) -> MemberExport:
    """All that is kept of a member, in passbooks that were merged into theirs as well: by the member, or by who keeps
    the members of their branch."""
    member_seen(tx, member_id, task=Task.EXPORT_MEMBERS, by=by)
    tables = {name: rows for name, rows in _rows(tx, [member_id, *merged_into(tx, member_id)]) if rows}
    accounts = {row["id"] for row in tables["account"]}
    tables |= {"transfer": [_own_side(row, accounts) for row in tables["transfer"]]} if "transfer" in tables else {}
    return MemberExport(FORMAT, VERSION, member_id, tx.now, tables, _names(tx, tables))


def _names(tx: Transaction, tables: dict[str, list[Row]]) -> dict[str, dict[int, str]]:
    names = {"activity_id": {row["id"]: row["title"] or "" for row in tables.get("activity", ())}}
    for column, statement in _NAMES.items():
        ids = sorted({row[column] for rows in tables.values() for row in rows if row.get(column) is not None})
        names[column] = {row.id: row.name for row in tx.all(statement, ids=ids)} if ids else {}
    return names


def _rows(tx: Transaction, member_ids: list[int]) -> Iterator[tuple[str, list[Row]]]:
    for name, statement in _statements():
        table = SQLModel.metadata.tables[name]
        rows = [told(tx, table, row) for row in tx.all(statement, member_ids=member_ids)]
        yield name, [_without_story(row) for row in rows] if table is ACTIVITY else rows


@cache
def _statements() -> list[tuple[str, sa.Select[Any]]]:
    """A statement for each table with rows about a member: by its columns that refer to one, or as said above."""
    statements = []
    for table in exported_tables():
        named: list[sa.ColumnElement[bool]] = [
            key.parent.in_(_WHO) for key in table.foreign_keys if key.column.table.name == "member"
        ]
        if table.name == "member":
            named = [table.c.id.in_(_WHO)]
        if table in _NAMED_OTHERWISE:
            named.append(_NAMED_OTHERWISE[table])
        if named:
            told_of = [_DECIDED[table]] if table in _DECIDED else []
            columns = [each for each in exported_columns(table) if each.name in _ONLY.get(table, (each.name,))]
            in_order = list(table.primary_key.columns)
            statements.append((table.name, sa.select(*columns).where(sa.or_(*named), *told_of).order_by(*in_order)))
    return statements


def _own_side(transfer: Row, accounts: Set[int]) -> Row:
    """A gift stands in two passbooks: what the other member had left is not told."""
    sides = [side for side in ("debit", "credit") if transfer[f"{side}_account_id"] not in accounts]
    return transfer | {f"{side}_balance_points": None for side in sides}


def _without_story(activity: Row) -> Row:
    """A mediation is known by its case number, which stands in the member's own line."""
    return activity | {"title": None, "place": None} if activity["role"] is ServiceRole.MEDIATION else activity
