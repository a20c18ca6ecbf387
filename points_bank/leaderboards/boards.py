"""Boards: what is counted for whom, how often, and when it is published."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_seen
from points_bank.clock import Period, PeriodKind, at_time, period_of
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.leaderboards.models import Leaderboard, Measure, Population
from points_bank.rules.rule_set import ServiceRole
from points_bank.transaction import Transaction

BOARD = table_of(Leaderboard)

LAST_DAY_OF_WEEK, LAST_DAY_OF_MONTH = 7, 28
"""The 29th is not in every month."""
LARGEST_TOP = 1_000
MOST_OBJECTION_DAYS = 60

NOT_A_DAY_OF_THE_WEEK = message("A week's board goes up on a day from 1 (Monday) to 7.")
NOT_A_DAY_OF_THE_MONTH = message("A board goes up on a day of the month from 1 to 28.")
OUT_OF_RANGE = message("Out of range.")


class BoardLine(msgspec.Struct, frozen=True):
    """A board. The next period that it will publish starts on `next_period_on` and is due at `next_due_at`."""

    id: int
    branch_id: int
    name: str
    period: PeriodKind
    measure: Measure
    role: ServiceRole | None
    population: Population
    top: int
    publish_day: int
    publish_time: time
    objection_working_days: int
    next_period_on: date
    next_due_at: datetime
    created_at: datetime

    @property
    def next_period(self) -> Period:
        return period_of(self.next_period_on, self.period)


COLUMNS = [BOARD.c[name] for name in BoardLine.__struct_fields__]
_ADD = sa.insert(BOARD).returning(BOARD.c.id)
_BY_ID = sa.select(*COLUMNS).where(*given(BOARD, "id"))
_LIST = (
    sa.select(*COLUMNS)
    .where(BOARD.c.id > sa.bindparam("after_id"))
    .order_by(BOARD.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


def create_board(
    tx: Transaction,
    *,
    branch_id: int,
    name: str,
    period: PeriodKind,
    measure: Measure,
    role: ServiceRole | None = None,
    population: Population = Population.EVERYONE,
    top: int,
    publish_day: int,
    publish_time: time,
    objection_working_days: int,
    by: Actor,
) -> BoardLine:
    """Set up a board, which publishes from the period on that is running now.

    `publish_day` is a day of the month after the period (1 to 28), of a week's board one of the week after it
    (1 is Monday). With 0 `objection_working_days` an edition is final as soon as it is published.
    """
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    _check(period, publish_day, top, objection_working_days)
    first = period_of(tx.today, period)
    board_id = tx.scalar(
        _ADD, branch_id=branch_id, name=name.strip(), period=period, measure=measure, role=role, population=population,
        top=top, publish_day=publish_day, publish_time=publish_time, objection_working_days=objection_working_days,
        next_period_on=first.first_on, next_due_at=_due_at(tx, first, publish_day, publish_time), created_at=tx.now,
    )  # fmt: skip
    audit.note(tx, by, f"leaderboard:{board_id}")
    return board_of(tx, board_id)


def list_boards(tx: Transaction, *, after_id: int | None, limit: int) -> Sequence[BoardLine]:
    """Boards in the order in which they were made. What is published is for everyone to see."""
    return [board_line(row) for row in tx.all(_LIST, after_id=after_id or 0, limit=limit)]


def board_of(tx: Transaction, board_id: int) -> BoardLine:
    """A board by its id. Refuses `not_found`."""
    row = tx.maybe(_BY_ID, id=board_id)
    if row is None:
        raise NotFound
    return board_line(row)


def board_line(row: Any) -> BoardLine:
    """A row of `COLUMNS`."""
    return BoardLine(*row)


def due_at_of(tx: Transaction, board: BoardLine, period: Period) -> datetime:
    """When the board is to publish a period; service settled by then counts."""
    return _due_at(tx, period, board.publish_day, board.publish_time)


def _due_at(tx: Transaction, period: Period, publish_day: int, publish_time: time) -> datetime:
    return at_time(period.until + timedelta(days=publish_day - 1), publish_time, tx.zone)


def _check(period: PeriodKind, publish_day: int, top: int, objection_working_days: int) -> None:
    problems: dict[str, str] = {}
    if period is PeriodKind.WEEK and not 1 <= publish_day <= LAST_DAY_OF_WEEK:
        problems["publish_day"] = NOT_A_DAY_OF_THE_WEEK
    elif not 1 <= publish_day <= LAST_DAY_OF_MONTH:
        problems["publish_day"] = NOT_A_DAY_OF_THE_MONTH
    if not 1 <= top <= LARGEST_TOP:
        problems["top"] = OUT_OF_RANGE
    if not 0 <= objection_working_days <= MOST_OBJECTION_DAYS:
        problems["objection_working_days"] = OUT_OF_RANGE
    if problems:
        raise Invalid(problems)
