"""What many boards publish at one instant, worked out in one pass over the period's lines instead of one a board.

It is read on a snapshot, before the acts that write the editions. Each of them looks whether anything was done since
then that could have changed a standing; if so it works its board out anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.audit import Audit
from points_bank.clock import Period
from points_bank.columns import table_of
from points_bank.leaderboards.boards import BOARD, COLUMNS, BoardLine, board_line
from points_bank.leaderboards.standings import BRANCH, HOME, Scope, earned
from points_bank.transaction import Transaction

AUDIT = table_of(Audit)

WORTH_A_PASS = 4
"""So many boards of one kind are better worked out together."""
HARMLESS_ACTS = (
    "publish_due", "finalise_due", "redeem", "reserve", "reserve_own", "collect", "log_activity", "approve_activity",
    "register_member",
)  # fmt: skip
"""Acts that change no settled service, no home and no membership of the Party that there is; any other may."""

Standings = Sequence[tuple[int, int]]
"""(member id, value), by member id."""


class Draft(msgspec.Struct, frozen=True):
    """Standings by board, as they were when the newest act was `position`. About 100 bytes a member in memory."""

    position: int
    standings: Mapping[int, Standings] = msgspec.field(default_factory=dict)
    is_whole: bool = True

    def of(self, tx: Transaction, board: BoardLine) -> Standings | None:
        """A board's standings if they were read and still hold."""
        if board.id not in self.standings or tx.scalar(_CHANGED, position=self.position):
            return None
        return self.standings[board.id]


_POSITION = sa.select(sa.func.coalesce(sa.func.max(AUDIT.c.id), 0))
_CHANGED = sa.select(
    sa.exists().where(AUDIT.c.id > sa.bindparam("position"), AUDIT.c.act.not_in(HARMLESS_ACTS))
)  # fmt: skip
_DUE = sa.select(*COLUMNS).where(BOARD.c.next_due_at == sa.bindparam("due_at")).order_by(BOARD.c.id)
_BRANCHES = sa.select(BRANCH.c.id, BRANCH.c.path, BRANCH.c.parent_id)


def read_for_publication(tx: Transaction, draft: Draft | None, *, due_at: datetime) -> Draft:
    """What the boards publish that are due at that instant, as far as several of them count the same service."""
    groups: dict[tuple[Any, ...], list[BoardLine]] = defaultdict(list)
    for row in tx.all(_DUE, due_at=due_at):
        board = board_line(row)
        groups[board.next_period, board.measure, board.population, board.role].append(board)
    standings: dict[int, list[tuple[int, int]]] = {}
    for (period, *_), boards in groups.items():
        if len(boards) >= WORTH_A_PASS:
            standings |= _together(tx, boards, period, due_at)
    return Draft(tx.scalar(_POSITION), standings)


def _together(
    tx: Transaction, boards: Sequence[BoardLine], period: Period, due_at: datetime
) -> dict[int, list[tuple[int, int]]]:
    """The standings of boards of the same kind: everyone counts where they were at home, and all the way up."""
    first = boards[0]
    scope = Scope(first.measure, first.population, first.role is not None, of_district=True)
    values: dict[str, Any] = {"first_on": period.first_on, "until": period.until, "settled_by": due_at}
    if scope.of_role:
        values["role"] = first.role
    lists: dict[int, list[tuple[int, int]]] = {board.id: [] for board in boards}
    counted_in = {home: [lists[board_id] for board_id in ids] for home, ids in _counted_in(tx, boards)}
    for member_id, value, home_id in tx.each(_earned_at_home(scope), **values):
        for standings in counted_in[home_id]:
            standings.append((member_id, value))
    return lists


def _counted_in(tx: Transaction, boards: Sequence[BoardLine]) -> Iterator[tuple[int, list[int]]]:
    """Each branch with the boards that count those who are at home there."""
    by_branch: dict[int, list[int]] = defaultdict(list)
    for board in boards:
        by_branch[board.branch_id].append(board.id)
    for branch in tx.all(_BRANCHES):
        above = [int(part) for part in branch.path.strip("/").split("/")]
        yield branch.id, [board_id for each in above for board_id in by_branch.get(each, ())]


@cache
def _earned_at_home(scope: Scope) -> sa.Select[tuple[int, int, int]]:
    """`member_id`, `value` and the branch that was home on the period's first day, as `standings._at_home` has it."""
    sums = earned(scope).subquery("earned")
    homes = sa.select(HOME.c.branch_id).where(HOME.c.member_id == sums.c.member_id).limit(1)
    last = homes.where(HOME.c.from_on <= sa.bindparam("first_on")).order_by(HOME.c.from_on.desc())
    first = homes.order_by(HOME.c.from_on)
    home = sa.func.coalesce(last.scalar_subquery(), first.scalar_subquery())
    return sa.select(sums.c.member_id, sums.c.value, home.label("home_id")).order_by(sums.c.member_id)
