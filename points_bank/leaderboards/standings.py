"""Standings: what members earned in a period, worked out from settled lines, and the ranks that follow from it."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Participation, ParticipationState
from points_bank.branches.models import Branch
from points_bank.branches.tree import below, branch_of
from points_bank.clock import Period
from points_bank.columns import table_of
from points_bank.leaderboards.boards import BoardLine
from points_bank.leaderboards.models import Measure, Population
from points_bank.members.models import Home, Member
from points_bank.transaction import Transaction

LINE, HOME, MEMBER, BRANCH = table_of(Participation), table_of(Home), table_of(Member), table_of(Branch)


def rank(values: Sequence[int]) -> list[int]:
    """The rank of each value, the greatest first. Equal values share a rank, and the next one is skipped: 1, 1, 3."""
    first_at: dict[int, int] = {}
    for place, value in enumerate(sorted(values, reverse=True), start=1):
        first_at.setdefault(value, place)
    return [first_at[value] for value in values]


class Scope(msgspec.Struct, frozen=True):
    """What boards of one kind count. Statements are built once for each kind; what differs is given as values."""

    measure: Measure
    population: Population
    of_role: bool
    of_district: bool

    @property
    def lines(self) -> list[sa.ColumnElement[bool]]:
        """Settled service of the period, whenever it settled, of the board's role; by anyone."""
        conditions = [
            LINE.c.state == ParticipationState.SETTLED,
            LINE.c.service_on >= sa.bindparam("first_on"),
            LINE.c.service_on < sa.bindparam("until"),
        ]
        if self.of_role:
            conditions.append(LINE.c.role == sa.bindparam("role"))
        return conditions

    @property
    def worth(self) -> sa.ColumnElement[int]:
        """What one line is worth. Service is a session also where a cap left it no points."""
        if self.measure is Measure.SESSIONS:
            return sa.case((LINE.c.minutes > 0, 1), else_=0)
        return LINE.c[self.measure.value]

    def counts(self, member_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """The condition that a member is at home there and of the board's population, asked member by member."""
        at_home = sa.exists(_at_home().where(HOME.c.member_id == member_id).correlate(member_id.table))
        return self.among(member_id) if self.of_district else sa.and_(at_home, self.among(member_id))

    def among(self, member_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """The condition that a member belongs to the board's population. Residents are those not in the Party."""
        if self.population is Population.EVERYONE:
            return sa.true()
        is_party_member = self.population is Population.PARTY_MEMBERS
        return sa.exists().where(MEMBER.c.id == member_id, MEMBER.c.is_party_member == is_party_member)


def scope_of(tx: Transaction, board: BoardLine, period: Period) -> tuple[Scope, dict[str, Any]]:
    """What a board counts of a period, and the values for the statements of that scope."""
    branch = branch_of(tx, board.branch_id)
    scope = Scope(board.measure, board.population, board.role is not None, branch.parent_id is None)
    values: dict[str, Any] = {"first_on": period.first_on, "until": period.until}
    if scope.of_role:
        values["role"] = board.role
    if not scope.of_district:
        values["path"] = branch.path
    return scope, values


@cache
def earned(scope: Scope, *, by_some: bool = False) -> sa.Select[tuple[int, int]]:
    """`member_id` and `value` of all who took part, by lines that had settled at `settled_by`.

    A board of the district is one pass over the period's lines, which an index covers. A smaller branch goes from its
    members to their lines instead, which costs what the branch has and not what the district has. `by_some` limits it
    to the members given as `member_ids`.
    """
    conditions = [*scope.lines, LINE.c.settled_at <= sa.bindparam("settled_by")]
    # Everyone is at home in the district, so a board of all of it does not ask.
    if not scope.of_district:
        conditions.append(LINE.c.member_id.in_(_at_home()))
    if by_some:
        conditions.append(LINE.c.member_id.in_(sa.bindparam("member_ids", expanding=True)))
    value = sa.func.sum(scope.worth)
    sums = (
        sa.select(LINE.c.member_id, value.label("value"))
        .where(*conditions)
        .group_by(LINE.c.member_id)
        .having(value > 0)
        .subquery("sums")
    )
    return sa.select(sums.c.member_id, sums.c.value).where(scope.among(sums.c.member_id))


def _at_home() -> sa.Select[tuple[int]]:
    """Members who were at home in the branch or below it on the period's first day.

    That is the branch of their last home from that day or before; of their first one, if that began later.
    """
    earlier, any_home = HOME.alias(), HOME.alias()
    last = sa.select(sa.func.max(earlier.c.from_on)).where(
        earlier.c.member_id == HOME.c.member_id, earlier.c.from_on <= sa.bindparam("first_on")
    )
    first = sa.select(sa.func.min(any_home.c.from_on)).where(any_home.c.member_id == HOME.c.member_id)
    return sa.select(HOME.c.member_id).where(
        HOME.c.branch_id.in_(sa.select(BRANCH.c.id).where(below(BRANCH.c.path))),
        HOME.c.from_on == sa.func.coalesce(last.scalar_subquery(), first.scalar_subquery()),
    )
