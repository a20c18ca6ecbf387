"""A member's own places on all boards that count them, for the member alone."""

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.clock import period_of
from points_bank.columns import table_of
from points_bank.leaderboards.boards import BOARD, COLUMNS, BoardLine, board_line
from points_bank.leaderboards.models import Population
from points_bank.leaderboards.reading import OwnRank, own_rank
from points_bank.members.finding import member_seen
from points_bank.transaction import Transaction

BRANCH = table_of(Branch)


class OwnPlace(msgspec.Struct, frozen=True):
    """Where a member stands on a board: in what was published last, and in the period that runs now.

    `published` is None before the first edition. The running period is worked out anew each time, so that only boards
    of the nearest branch that has any tell it: `running` is None for those of the branches above.
    """

    board: BoardLine
    published: OwnRank | None
    running: OwnRank | None


_ABOVE = (
    sa.select(*COLUMNS)
    .join_from(BOARD, BRANCH, BRANCH.c.id == BOARD.c.branch_id)
    .where(
        BOARD.c.branch_id.in_(sa.bindparam("branch_ids", expanding=True)),
        BOARD.c.population.in_(sa.bindparam("populations", expanding=True)),
    )
    .order_by(sa.func.length(BRANCH.c.path).desc(), BOARD.c.id)
)


def own_places(tx: Transaction, *, by: Actor) -> list[OwnPlace]:
    """The places of the member who asks, on boards of their branch and those above it, the nearest first."""
    assert by.member_id is not None, "a member asks"
    member = member_seen(tx, by.member_id, task=Task.READ_PASSBOOKS, by=by)
    own = Population.PARTY_MEMBERS if member.is_party_member else Population.RESIDENTS
    branch_ids = [int(part) for part in member.branch_path.strip("/").split("/")]
    rows = tx.all(_ABOVE, branch_ids=branch_ids, populations=[Population.EVERYONE, own])
    boards = [board_line(row) for row in rows]
    return [_place(tx, board, is_near=board.branch_id == boards[0].branch_id, by=by) for board in boards]


def _place(tx: Transaction, board: BoardLine, *, is_near: bool, by: Actor) -> OwnPlace:
    """Without an edition, what `own_rank` tells is the running period."""
    now = period_of(tx.today, board.period).name
    latest = own_rank(tx, board_id=board.id, period_name=None, by=by)
    if latest.period == now:
        return OwnPlace(board, None, latest)
    running = own_rank(tx, board_id=board.id, period_name=now, by=by) if is_near else None
    return OwnPlace(board, latest, running)
