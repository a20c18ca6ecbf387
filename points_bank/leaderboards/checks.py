"""What must hold of leaderboards."""

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from points_bank.checks import Check
from points_bank.clock import period_of
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
    """Boards that left a period out, published one twice, or are not at the period that comes after the last one."""
    published: dict[int, list[str]] = {}
    for row in tx.all(_PERIODS):
        published.setdefault(row.board_id, []).append(row.period)
    for row in tx.all(_BOARDS):
        board = board_line(row)
        periods = published.get(board.id, [])
        expected = _periods_before(board, len(periods))
        if periods != expected:
            yield f"leaderboard {board.id}: published {', '.join(periods)}; its schedule says {', '.join(expected)}"


def _periods_before(board: BoardLine, count: int) -> list[str]:
    """The names of so many periods before the one that the board publishes next, oldest first."""
    names: list[str] = []
    first_on = board.next_period_on
    for _ in range(count):
        period = period_of(first_on - timedelta(days=1), board.period)
        names.append(period.name)
        first_on = period.first_on
    return names[::-1]


CHECKS = (
    Check("editions are as they were published", changed_editions),
    Check("boards publish every period once", periods_out_of_order),
)
