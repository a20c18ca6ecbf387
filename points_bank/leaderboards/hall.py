"""The hall in which all boards hang: which there are, by branch and role, and what the newest of each shows."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.branches.models import Branch
from points_bank.branches.tree import COLUMNS as BRANCH_COLUMNS
from points_bank.branches.tree import BranchLine, branch_of, district
from points_bank.clock import parse_period
from points_bank.columns import table_of
from points_bank.errors import NotFound
from points_bank.leaderboards.boards import BOARD, COLUMNS, BoardLine, board_line, board_of
from points_bank.leaderboards.editions import EDITION
from points_bank.leaderboards.models import EditionState
from points_bank.leaderboards.reading import (
    EditionLine,
    RunningPeriod,
    ShownEdition,
    edition_shown,
    list_editions,
    running_period,
)
from points_bank.rules.rule_set import ServiceRole
from points_bank.transaction import Transaction

BRANCH = table_of(Branch)

MOST_EDITIONS = 60
"""As many past editions as a board's page leads to: five years of months."""

_HAS_BOARDS = sa.exists().where(BOARD.c.branch_id == BRANCH.c.id)
_BRANCHES = sa.select(*BRANCH_COLUMNS).where(_HAS_BOARDS).order_by(BRANCH.c.path)
_OF_BRANCH = sa.select(*COLUMNS).where(BOARD.c.branch_id == sa.bindparam("branch_id")).order_by(BOARD.c.id)
_EACH = EDITION.alias("each")
_NEWEST = sa.select(sa.func.max(_EACH.c.id)).where(_EACH.c.board_id == BOARD.c.id).scalar_subquery()
_LATEST = sa.select(BOARD.c.id, EDITION.c.period, EDITION.c.state).join_from(BOARD, EDITION, EDITION.c.id == _NEWEST)
_OF_BRANCH_LATEST = _LATEST.where(BOARD.c.branch_id == sa.bindparam("branch_id"))


class Hanging(msgspec.Struct, frozen=True):
    """A board and its newest edition, if it has published one."""

    board: BoardLine
    latest_period: str | None
    latest_state: EditionState | None


class Hall(msgspec.Struct, frozen=True):
    """The boards of one branch, and the branches that have boards."""

    branch: BranchLine | None
    branches: Sequence[BranchLine]
    boards: Sequence[Hanging]


class BoardView(msgspec.Struct, frozen=True):
    """A board with one of its periods: an edition, or the running one; and the other editions."""

    board: BoardLine
    branch: BranchLine
    edition: ShownEdition | None
    running: RunningPeriod | None
    editions: Sequence[EditionLine]

    @property
    def period(self) -> str:
        """The name of the period that is shown."""
        if self.edition is not None:
            return self.edition.edition.period
        assert self.running is not None, "one of the two"
        return self.running.period


def hall(tx: Transaction, *, branch_id: int | None, role: ServiceRole | None) -> Hall:
    """The boards of a branch, without one those of the first that has any; of one role only where it is named.

    Refuses `not_found` a branch without boards.
    """
    branches = [BranchLine(*tuple(row)) for row in tx.all(_BRANCHES)]
    chosen = [each for each in branches if branch_id in {None, each.id}]
    if not chosen:
        if branch_id is not None:
            raise NotFound
        return Hall(district(tx), [], [])
    branch = chosen[0]
    latest = {row.id: row for row in tx.all(_OF_BRANCH_LATEST, branch_id=branch.id)}
    boards = [board_line(row) for row in tx.all(_OF_BRANCH, branch_id=branch.id)]
    return Hall(branch, branches, [_hanging(each, latest) for each in boards if role in {None, each.role}])


def board_view(tx: Transaction, board_id: int, *, period_name: str | None) -> BoardView:
    """A board as everyone may see it: that period's edition, without a name the newest, before the first the running
    period. Refuses `not_found` what is not published."""
    board = board_of(tx, board_id)
    editions = list_editions(tx, board_id, before_id=2**62, limit=MOST_EDITIONS)
    if period_name is None and not editions:
        return live_view(tx, board_id)
    name = period_name or editions[0].period
    if parse_period(name) is None:
        raise NotFound
    return BoardView(board, branch_of(tx, board.branch_id), edition_shown(tx, board_id, name), None, editions)


def live_view(tx: Transaction, board_id: int) -> BoardView:
    """A board with the period that runs now, as far as it has settled."""
    board = board_of(tx, board_id)
    editions = list_editions(tx, board_id, before_id=2**62, limit=MOST_EDITIONS)
    return BoardView(board, branch_of(tx, board.branch_id), None, running_period(tx, board_id), editions)


def mark_of(view: BoardView) -> str:
    """A short hash of all that a screen on the wall shows of the running period."""
    assert view.running is not None, "a wall shows the running period"
    lines = [(line.rank, line.display_name, line.value) for line in view.running.standings]
    shown = [view.board.name, view.period, view.running.participants, lines]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def _hanging(board: BoardLine, latest: dict[int, Any]) -> Hanging:
    row = latest.get(board.id)
    return Hanging(board, row and row.period, row and row.state)
