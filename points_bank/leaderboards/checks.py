"""What must hold of leaderboards."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.checks import Check
from points_bank.clock import day_of, period_of
from points_bank.leaderboards.boards import BOARD, COLUMNS, BoardLine, board_line
from points_bank.leaderboards.editions import EDITION, content_hash, standings_in
from points_bank.transaction import Transaction

_EDITIONS = sa.select(EDITION).order_by(EDITION.c.id)
_BOARDS = sa.select(*COLUMNS).order_by(BOARD.c.id)
_PERIODS = sa.select(EDITION.c.board_id, EDITION.c.period).order_by(EDITION.c.id)


def changed_editions(tx: Transaction) -> Iterator[str]:
    """Editions whose standings are not those that their hash and their number of participants were made of."""
    for edition in tx.all(_EDITIONS):
        standings = standings_in(tx, edition.id)
        if len(standings) != edition.participants:
            yield f"edition {edition.id}: {edition.participants} took part, {len(standings)} standings are kept"
        found = content_hash(edition.board_id, edition.period, edition.ledger_position, standings)
        if found != edition.content_hash:
            yield f"edition {edition.id}: its hash is {edition.content_hash}, its content has {found}"


def periods_out_of_order(tx: Transaction) -> Iterator[str]:
    """Boards that did not publish every period since they were set up, in order, up to the one that comes next."""
    published: dict[int, list[str]] = {}
    for row in tx.all(_PERIODS):
        published.setdefault(row.board_id, []).append(row.period)
    for row in tx.all(_BOARDS):
        board = board_line(row)
        periods, expected = published.get(board.id, []), _periods_so_far(tx, board)
        if periods != expected:
            yield f"leaderboard {board.id}: published {', '.join(periods)}; its schedule says {', '.join(expected)}"


def _periods_so_far(tx: Transaction, board: BoardLine) -> list[str]:
    names: list[str] = []
    period = period_of(day_of(board.created_at, tx.zone), board.period)
    while period.first_on < board.next_period_on:
        names.append(period.name)
        period = period.next()
    return names


CHECKS = (
    Check("editions are as they were published", changed_editions),
    Check("boards publish every period once", periods_out_of_order),
)
