"""Which transfers belong to a period.

Transfers are only ever added, and their ids rise with the instants at which they are written. So a period is a range of
ids, found by halving: nothing reads the whole history. What jobs write late belongs to when it was due: a lot that
lapsed, a reservation that ran out and a notice that ended before midnight count before midnight, also where the job
came after it.
"""

from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.clock import Period, start_of_day
from points_bank.columns import UTCDateTime, table_of
from points_bank.ledger.models import Transfer
from points_bank.ledger.position import ledger_position
from points_bank.transaction import Transaction

TRANSFER = table_of(Transfer)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A period of the books.

    Its transfers are those after `after_id` up to `last_id`, and of those up to `position` the ones that had been due
    before it ended; without those up to `counted_id` that had been due before it began.
    """

    period: Period
    start_at: datetime
    end_at: datetime
    after_id: int
    counted_id: int
    last_id: int
    position: int

    @property
    def values(self) -> dict[str, Any]:
        """What statements on the period's transfers take."""
        return {
            "after_id": self.after_id, "counted_id": self.counted_id, "last_id": self.last_id,
            "position": self.position, "start_on": self.period.first_on, "start_at": self.start_at,
            "until_on": self.period.until, "end_at": self.end_at,
        }  # fmt: skip


_DUE = """(
    t.kind IN ('lapse', 'release') AND t.occurred_on < :{day}
    OR t.kind = 'award' AND EXISTS (
        SELECT 1 FROM participation d WHERE d.settled_at < :{at} AND d.id = CASE
            WHEN t.reference LIKE 'participation:%' THEN NUMBER_IN(SUBSTR(t.reference, 15)) END
    )
)"""
_DUE_BEFORE_START, _DUE_BEFORE_END = (
    _DUE.format(day="start_on", at="start_at"),
    _DUE.format(day="until_on", at="end_at"),
)
BELONGS = (
    f"t.id > :after_id AND t.id <= :position AND (t.id <= :last_id OR {_DUE_BEFORE_END})"
    f" AND NOT (t.id <= :counted_id AND {_DUE_BEFORE_START})"
)
"""The condition that transfer `t` belongs to a span."""
COMES_LATER = f"t.id > :last_id AND (t.id > :position OR NOT {_DUE_BEFORE_END})"
"""The condition that transfer `t` was written, but belongs after a span."""

_FROM = (
    sa.select(TRANSFER.c.id, TRANSFER.c.posted_at)
    .where(TRANSFER.c.id >= sa.bindparam("from_id"))
    .order_by(TRANSFER.c.id)
    .limit(1)
)
_DAYS, _INSTANTS = ("start_on", "until_on"), ("start_at", "end_at")


def on_span(sql: str) -> sa.TextClause:
    """A statement that takes a span's values, as far as it names them."""
    types = dict.fromkeys(_DAYS, sa.Date()) | dict.fromkeys(_INSTANTS, UTCDateTime())
    return sa.text(sql).bindparams(
        *(sa.bindparam(name, type_=kind) for name, kind in types.items() if f":{name}" in sql)
    )


def last_id_before(tx: Transaction, at: datetime, *, after_id: int = 0) -> int:
    """The id of the last transfer written before an instant; `after_id` where none was written after that one."""
    low, high = after_id, ledger_position(tx)
    while low < high:
        middle = (low + high + 1) // 2
        found = tx.maybe(_FROM, from_id=middle)
        if found is not None and found.posted_at < at:
            low = found.id
        else:
            high = middle - 1
    return low


def cut_span(tx: Transaction, period: Period) -> Span:
    """Any period as the books know it now, whether it was closed or not."""
    start_at, end_at = _edges(tx, period)
    after_id, position = last_id_before(tx, start_at), ledger_position(tx)
    last_id = last_id_before(tx, end_at, after_id=after_id)
    return Span(
        period=period, start_at=start_at, end_at=end_at, after_id=after_id, counted_id=position, last_id=last_id,
        position=position,
    )  # fmt: skip


def next_span(tx: Transaction, period: Period, *, after_id: int, counted_id: int) -> Span:
    """The period that follows a closed one, which reached `after_id` and counted what it knew at `counted_id`."""
    start_at, end_at = _edges(tx, period)
    last_id = last_id_before(tx, end_at, after_id=after_id)
    return Span(
        period=period, start_at=start_at, end_at=end_at, after_id=after_id, counted_id=counted_id, last_id=last_id,
        position=ledger_position(tx),
    )  # fmt: skip


def before(span: Span, first_on: date) -> Span:
    """Everything before a span, as far as what came later is concerned: what was owed when it began."""
    period = Period(first_on, span.period.first_on, span.period.kind)
    return Span(
        period=period, start_at=span.start_at, end_at=span.start_at, after_id=0, counted_id=0,
        last_id=span.after_id, position=span.position,
    )  # fmt: skip


def _edges(tx: Transaction, period: Period) -> tuple[datetime, datetime]:
    return start_of_day(period.first_on, tx.zone), start_of_day(period.until, tx.zone)
