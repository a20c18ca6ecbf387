"""The boards of somebody's branches, for who sets them up."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.surroundings import offices
from points_bank.branches.tree import BranchLine, below_any
from points_bank.columns import table_of
from points_bank.leaderboards.boards import BOARD, COLUMNS, BoardLine, board_line
from points_bank.transaction import Transaction

BRANCH = table_of(Branch)

BOARDS_A_PAGE = 100


class Setup(msgspec.Struct, frozen=True):
    """Boards with the names of their branches, by id. `next_after_id` asks for what follows."""

    boards: Sequence[tuple[BoardLine, str]]
    next_after_id: int | None
    offices: Sequence[BranchLine]


_LIST = (
    sa.select(*COLUMNS, BRANCH.c.name.label("branch_name"))
    .join_from(BOARD, BRANCH, BRANCH.c.id == BOARD.c.branch_id)
    .where(BOARD.c.id > sa.bindparam("after_id"))
    .order_by(BOARD.c.id)
    .limit(BOARDS_A_PAGE + 1)
)


def boards_set_up(tx: Transaction, *, after_id: int | None, by: Actor) -> Setup:
    """The boards of the branches that the actor administers or oversees. Refuses `forbidden`."""
    seen = _LIST.where(below_any(BRANCH.c.path, by.paths(Task.READ_ADMINISTRATION)))
    rows = tx.all(seen, after_id=after_id or 0)
    boards = [(board_line(tuple(row)[:-1]), row.branch_name) for row in rows[:BOARDS_A_PAGE]]
    more = boards[-1][0].id if len(rows) > BOARDS_A_PAGE else None
    return Setup(boards, more, offices(tx, by=by))
