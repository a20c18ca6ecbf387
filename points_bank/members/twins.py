"""Possible twins: members who may be the same person twice. Whether they are, a person decides."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below, branch_seen
from points_bank.columns import table_of
from points_bank.members.models import Member
from points_bank.transaction import Transaction

MEMBER, BRANCH = table_of(Member), table_of(Branch)
OLDER = MEMBER.alias("older")


class Twin(msgspec.Struct, frozen=True):
    """An older member who may be the same person: the same name and date of birth, or the same phone."""

    member_id: int
    same_name_and_birth: bool
    same_phone: bool


class PossibleTwins(msgspec.Struct, frozen=True):
    member_id: int
    name: str
    branch_id: int
    twins: list[Twin]


def _pairs_by(*conditions: sa.ColumnElement[bool], same_phone: bool) -> sa.Select[Any]:
    """Pairs of open members by one thing that both have; by its index, also where a million have others."""
    return (
        sa.select(
            MEMBER.c.id, MEMBER.c.name, MEMBER.c.branch_id, OLDER.c.id.label("older_id"),
            sa.literal(same_phone).label("same_phone"),
        )
        .join_from(MEMBER, OLDER, sa.and_(*conditions, OLDER.c.id < MEMBER.c.id))
        .where(MEMBER.c.closed_at.is_(None), OLDER.c.closed_at.is_(None), MEMBER.c.id > sa.bindparam("after"))
    )  # fmt: skip


_BY_NAME = _pairs_by(OLDER.c.name == MEMBER.c.name, OLDER.c.born_on == MEMBER.c.born_on, same_phone=False)
_BY_PHONE = _pairs_by(OLDER.c.phone_hash == MEMBER.c.phone_hash, same_phone=True)


def find_twins(
    tx: Transaction, *, branch_id: int | None = None, after: int = 0, limit: int, by: Actor
) -> list[PossibleTwins]:
    """Open members of the actor's branches who have an older twin there, by id; one more than `limit` if there are."""
    if branch_id is None:
        paths = by.paths(Task.KEEP_MEMBERS)
    else:
        path = branch_seen(tx, branch_id, by=by).path
        by.require(Task.KEEP_MEMBERS, path)
        paths = (path,)
    scope = {f"path_{number}": path for number, path in enumerate(paths)}
    found: dict[int, PossibleTwins] = {}
    for row in tx.all(_twins(len(paths)), after=after, most=limit + 1, **scope):
        met = found.setdefault(row.id, PossibleTwins(row.id, row.name, row.branch_id, []))
        met.twins.append(Twin(row.older_id, bool(row.same_name_and_birth), bool(row.same_phone)))
    return list(found.values())


def people_among(found: Sequence[PossibleTwins]) -> int:
    """How many people are told of, each counted once."""
    return len({each.member_id for each in found} | {twin.member_id for each in found for twin in each.twins})


@cache
def _twins(paths: int) -> sa.Select[Any]:
    """The pairs of the first members that have twins, for as many branches as the actor has rights over."""
    pairs = sa.union_all(_within(_BY_NAME, paths), _within(_BY_PHONE, paths)).cte("pairs")
    first = sa.select(pairs.c.id).distinct().order_by(pairs.c.id).limit(sa.bindparam("most"))
    return (
        sa.select(
            pairs.c.id, pairs.c.name, pairs.c.branch_id, pairs.c.older_id,
            sa.func.max(sa.case((pairs.c.same_phone, 0), else_=1)).label("same_name_and_birth"),
            sa.func.max(sa.case((pairs.c.same_phone, 1), else_=0)).label("same_phone"),
        )
        .where(pairs.c.id.in_(first))
        .group_by(pairs.c.id, pairs.c.name, pairs.c.branch_id, pairs.c.older_id)
        .order_by(pairs.c.id, pairs.c.older_id)
    )  # fmt: skip


def _within(pairs: sa.Select[Any], paths: int) -> sa.Select[Any]:
    """Pairs of whom both are in the actor's branches."""
    own = sa.select(BRANCH.c.id).where(sa.or_(*(below(BRANCH.c.path, f"path_{number}") for number in range(paths))))
    return pairs.where(MEMBER.c.branch_id.in_(own), OLDER.c.branch_id.in_(own))
