"""What came after an edition: service that settled too late for it, and corrections of lines that it counted."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from functools import cache

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Correction
from points_bank.clock import Period, PeriodKind, day_of, period_of, start_of_day
from points_bank.columns import table_of
from points_bank.leaderboards.boards import BOARD, COLUMNS, BoardLine, board_line, due_at_of
from points_bank.leaderboards.standings import LINE, Scope, scope_of
from points_bank.transaction import Transaction

CORRECTION = table_of(Correction)


class LateService(msgspec.Struct, frozen=True):
    """Lines that settled on a day after the edition was due, and the longer periods in which they count."""

    settled_on: date
    participations: int
    counts_in: list[str]


class LaterCorrection(msgspec.Struct, frozen=True):
    """A correction after the edition was final. Only who is named on the board anyway is named here."""

    corrected_on: date
    points_before: int
    points_after: int
    minutes_before: int
    minutes_after: int
    display_name: str | None


_LONGER_BOARDS = sa.select(*COLUMNS).where(
    BOARD.c.branch_id == sa.bindparam("branch_id"),
    BOARD.c.measure == sa.bindparam("measure"),
    BOARD.c.population == sa.bindparam("population"),
    BOARD.c.role.is_not_distinct_from(sa.bindparam("role")),
)


def late_service(tx: Transaction, board: BoardLine, period: Period, *, settled_after: datetime) -> list[LateService]:
    """Service of the period that settled after its edition was due, by the day on which it settled."""
    scope, values = scope_of(tx, board, period)
    # Day by day, the index leads straight to what settled late; a range of days would lead through all that did not.
    days = [period.first_on + timedelta(days=day) for day in range((period.until - period.first_on).days)]
    rows = tx.all(_late(scope), **values, days=days, settled_after=settled_after)
    if not rows:
        return []
    due_at = _due_of_longer(tx, board)
    counts: Counter[date] = Counter()
    periods: defaultdict[date, set[Period]] = defaultdict(set)
    for row in rows:
        settled_on = day_of(row.settled_at, tx.zone)
        counts[settled_on] += row.participations
        longer = (period_of(row.service_on, kind) for kind in _longer_kinds(board.period))
        periods[settled_on] |= {each for each in longer if row.settled_at <= due_at(each)}
    return [LateService(on, count, _names(periods[on])) for on, count in sorted(counts.items())]


def later_corrections(
    tx: Transaction,
    board: BoardLine,
    period: Period,
    *,
    settled_by: datetime,
    after: datetime,
    names: Mapping[int, str],
) -> list[LaterCorrection]:
    """Corrections approved after an instant of lines that the edition counted; `names` are shown ones by member id."""
    scope, values = scope_of(tx, board, period)
    rows = tx.all(_corrections(scope), **values, settled_by=settled_by, after=after)
    return [
        LaterCorrection(
            day_of(row.decided_at, tx.zone), row.points_before, row.points_after, row.minutes_before, row.minutes_after,
            names.get(row.member_id),
        )
        for row in rows
    ]  # fmt: skip


def _due_of_longer(tx: Transaction, board: BoardLine) -> Callable[[Period], datetime]:
    """Until when service must settle to count in a longer period.

    That is when the branch's board of the same kind for such periods is due. Where it has none, service counts while
    the period runs.
    """
    rows = tx.all(
        _LONGER_BOARDS, branch_id=board.branch_id, measure=board.measure, population=board.population, role=board.role
    )
    boards = {board.period: board for board in (board_line(row) for row in rows)}

    def due_at(period: Period) -> datetime:
        longer = boards.get(period.kind)
        return due_at_of(tx, longer, period) if longer else start_of_day(period.until, tx.zone)

    return due_at


def _names(periods: Collection[Period]) -> list[str]:
    """The shortest first."""
    return [each.name for each in sorted(periods, key=lambda each: (each.until - each.first_on, each.first_on))]


def _longer_kinds(kind: PeriodKind) -> list[PeriodKind]:
    kinds = list(PeriodKind)
    return kinds[kinds.index(kind) + 1 :]


@cache
def _late(scope: Scope) -> sa.Select[tuple[date, datetime, int]]:
    return (
        sa.select(LINE.c.service_on, LINE.c.settled_at, sa.func.count().label("participations"))
        .where(
            *scope.lines,
            LINE.c.service_on.in_(sa.bindparam("days", expanding=True)),
            LINE.c.settled_at > sa.bindparam("settled_after"),
            scope.worth > 0,
            scope.counts(LINE.c.member_id),
        )
        .group_by(LINE.c.service_on, LINE.c.settled_at)
    )


@cache
def _corrections(scope: Scope) -> sa.Select[tuple[datetime, int, int, int, int, int]]:
    return (
        sa.select(
            CORRECTION.c.decided_at,
            CORRECTION.c.points_before,
            CORRECTION.c.points_after,
            CORRECTION.c.minutes_before,
            CORRECTION.c.minutes_after,
            LINE.c.member_id,
        )
        .join_from(CORRECTION, LINE, LINE.c.id == CORRECTION.c.participation_id)
        .where(
            CORRECTION.c.is_approved,
            CORRECTION.c.decided_at > sa.bindparam("after"),
            LINE.c.settled_at <= sa.bindparam("settled_by"),
            *scope.lines,
            scope.counts(LINE.c.member_id),
        )
        .order_by(CORRECTION.c.decided_at, CORRECTION.c.id)
    )
