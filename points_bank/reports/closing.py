"""The month's close: at 24:00 of its last day, once.

It is read on snapshots, the points of all branches on one and each cut of the service on another, and then written in
one act. Nobody is waited for: what is not approved by then is marked, and belongs to the month in which it settles.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import asdict, replace

from points_bank import audit, job_runs
from points_bank.activities.models import Activity
from points_bank.actor import SYSTEM
from points_bank.branches.models import BranchKind
from points_bank.clock import Period, PeriodKind, day_of, parse_month, parse_period, period_of, start_of_day
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.ledger.position import ledger_position
from points_bank.reports.definitions import Figure
from points_bank.reports.figures import Figures, figures_of
from points_bank.reports.models import Cut, MonthClose, ReportFigure, ReportTally
from points_bank.reports.span import TRANSFER, Span, cut_span, next_span
from points_bank.reports.tallies import Tally, tallies_of
from points_bank.transaction import Transaction

CLOSE, FIGURE, TALLY = table_of(MonthClose), table_of(ReportFigure), table_of(ReportTally)
ACTIVITY = table_of(Activity)

PARTS = [(cut, kind) for cut in Cut for kind in BranchKind]
"""How the service is read, each short enough for a snapshot."""
MANY_TRANSFERS = 200_000

NOT_A_MONTH = message("A month is needed, such as 2026-11.")
NOT_OVER = message("This month is not over yet.")


class NotClosed(NotFound):
    """404: a month that was not closed has no report; what it comes to so far is told by its weeks."""

    sentence = message("{month} is not closed, so that it has no report. A week such as 2026-W46 can be asked for.")


class CloseLine(msgspec.Struct, frozen=True):
    """A closed month as it was written down."""

    id: int
    period: str
    due_at: datetime
    closed_at: datetime
    after_transfer_id: int
    counted_position: int
    last_transfer_id: int
    ledger_position: int


_COLUMNS = [CLOSE.c[name] for name in CloseLine.__struct_fields__]
_LAST = sa.select(*_COLUMNS).order_by(CLOSE.c.id.desc()).limit(1)
_ALL = sa.select(*_COLUMNS).order_by(CLOSE.c.id)
_BY_PERIOD = sa.select(*_COLUMNS).where(*given(CLOSE, "period"))
_ADD = sa.insert(CLOSE).returning(CLOSE.c.id)
_ADD_FIGURE, _ADD_TALLY = sa.insert(FIGURE), sa.insert(TALLY)
_FIRST_TRANSFER = sa.select(TRANSFER.c.posted_at).order_by(TRANSFER.c.id).limit(1)
_FIRST_ACTIVITY = sa.select(ACTIVITY.c.recorded_at).order_by(ACTIVITY.c.id).limit(1)
_CLOSING = sa.select(FIGURE.c.branch_id, FIGURE.c.value).where(
    *given(FIGURE, "close_id"), FIGURE.c.figure == Figure.CLOSING
)


class Draft(msgspec.Struct, frozen=True):
    """A close in the making; whole once every part of the service is counted up."""

    span: Span
    figures: Figures
    tallies: dict[tuple[Cut, BranchKind], Sequence[Tally]]

    @property
    def is_whole(self) -> bool:
        return len(self.tallies) == len(PARTS)


def next_close(tx: Transaction) -> datetime | None:
    """When the next month is closed, past or to come; None while there is nothing in the books."""
    period = _next_month(tx, _last(tx))
    return None if period is None else start_of_day(period.until, tx.zone)


def read_for_close(tx: Transaction, draft: Draft | None, *, due_at: datetime) -> Draft:
    """Read some more of the month that ended at `due_at`: first the points, then the service part by part.

    Neither transfers nor settled service change, so that each part may be read by itself.
    """
    if draft is None:
        return _begin(tx, due_at)
    part = next(part for part in PARTS if part not in draft.tallies)
    return replace(draft, tallies=draft.tallies | {part: tallies_of(tx, draft.span, *part)})


def close_due(tx: Transaction, *, due_at: datetime, gathered: Draft) -> int:
    """Write down the month that ended at `due_at`, once, from what was read."""
    span = gathered.span
    is_first = job_runs.claim(tx, "close", span.period.name, due_at=due_at)
    assert is_first, "a month that is due was not closed"
    close_id: int = tx.scalar(
        _ADD, period=span.period.name, due_at=due_at, closed_at=tx.now, after_transfer_id=span.after_id,
        counted_position=span.counted_id, last_transfer_id=span.last_id, ledger_position=span.position,
    )  # fmt: skip
    tx.many(_ADD_FIGURE, [
        {"close_id": close_id, "branch_id": branch_id, "figure": figure, "value": value}
        for branch_id, figures in sorted(gathered.figures.items())
        for figure, value in figures.items()
    ])  # fmt: skip
    tx.many(_ADD_TALLY, [
        {"close_id": close_id, **asdict(tally)} for part in PARTS for tally in gathered.tallies[part]
    ])  # fmt: skip
    audit.note(tx, SYSTEM, f"month_close:{close_id}")
    return 1


def check_month(tx: Transaction, name: str) -> Period:
    """The month of that name, which is over. Refuses `invalid`."""
    period = parse_month(name)
    if period is None:
        raise Invalid({"month": NOT_A_MONTH})
    if period.until > tx.today:
        raise Invalid({"month": NOT_OVER})
    return period


def find_close(tx: Transaction, period: str) -> CloseLine | None:
    """A month by its name, where it is closed."""
    return _line(tx.maybe(_BY_PERIOD, period=period))


def closes_in_order(tx: Transaction) -> list[CloseLine]:
    """All closed months, the first one first."""
    return [CloseLine(*tuple(row)) for row in tx.all(_ALL)]


def span_of_close(tx: Transaction, close: CloseLine) -> Span:
    """The span that a month was closed with."""
    period = parse_period(close.period)
    assert period is not None, "a close has a month"
    return Span(
        period=period,
        start_at=start_of_day(period.first_on, tx.zone),
        end_at=start_of_day(period.until, tx.zone),
        after_id=close.after_transfer_id,
        counted_id=close.counted_position,
        last_id=close.last_transfer_id,
        position=close.ledger_position,
    )


def _begin(tx: Transaction, due_at: datetime) -> Draft:
    """The points of all branches at the month's end."""
    last = _last(tx)
    period = _next_month(tx, last)
    if period is None or start_of_day(period.until, tx.zone) != due_at:
        return _closed_meanwhile(tx, due_at)
    if last is None:
        span = cut_span(tx, period)
        return Draft(span, figures_of(tx, span), {})
    span = next_span(tx, period, after_id=last.last_transfer_id, counted_id=last.ledger_position)
    opening = {row.branch_id: row.value for row in tx.all(_CLOSING, close_id=last.id)}
    return Draft(span, figures_of(tx, span, opening=opening), {})


def _closed_meanwhile(tx: Transaction, due_at: datetime) -> Draft:
    """Another process has closed the month since it was found due: nothing to read, and nobody will ask for it."""
    ended = period_of(day_of(due_at, tx.zone) - timedelta(days=1), PeriodKind.MONTH)
    close = find_close(tx, ended.name)
    assert close is not None, "months are closed in order"
    return Draft(span_of_close(tx, close), {}, dict.fromkeys(PARTS, ()))


def _last(tx: Transaction) -> CloseLine | None:
    return _line(tx.maybe(_LAST))


def _next_month(tx: Transaction, last: CloseLine | None) -> Period | None:
    """The month after the last closed one; at first that in which the books begin.

    Where much was written before the first close, as in a bank that comes from an older version, that is the month
    that ended last: what was before is its opening.
    """
    if last is not None:
        period = parse_period(last.period)
        assert period is not None, "a close has a month"
        return period.next()
    began_at = min((at for at in (tx.scalar(_FIRST_TRANSFER), tx.scalar(_FIRST_ACTIVITY)) if at), default=None)
    if began_at is not None and ledger_position(tx) > MANY_TRANSFERS:
        this_month = period_of(tx.today, PeriodKind.MONTH)
        return period_of(this_month.first_on - timedelta(days=1), PeriodKind.MONTH)
    return None if began_at is None else period_of(day_of(began_at, tx.zone), PeriodKind.MONTH)


def _line(row: Any) -> CloseLine | None:
    return None if row is None else CloseLine(*row)
