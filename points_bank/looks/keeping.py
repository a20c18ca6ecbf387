"""Writing down looks, many at a time, each counted in the row of its day."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from points_bank.columns import table_of
from points_bank.looks.models import Look, View
from points_bank.transaction import Transaction

LOOK = table_of(Look)


class Seen(msgspec.Struct, frozen=True):
    """What was seen of whom, by whom, on which day: what is counted in one row."""

    staff_id: int
    member_id: int
    view: View
    looked_on: date


class Times(msgspec.Struct, frozen=True):
    """How often, from when to when."""

    first_at: datetime
    last_at: datetime
    times: int = 1

    def and_then(self, later: "Times") -> "Times":
        first_at, last_at = min(self.first_at, later.first_at), max(self.last_at, later.last_at)
        return Times(first_at, last_at, self.times + later.times)


# PostgreSQL's words for it, which SQLite took over.
_NEW = insert(LOOK)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=[LOOK.c.staff_id, LOOK.c.member_id, LOOK.c.looked_on, LOOK.c.view],
    set_={
        "times": LOOK.c.times + _NEW.excluded.times,
        "first_at": sa.case((LOOK.c.first_at < _NEW.excluded.first_at, LOOK.c.first_at), else_=_NEW.excluded.first_at),
        "last_at": sa.case((LOOK.c.last_at > _NEW.excluded.last_at, LOOK.c.last_at), else_=_NEW.excluded.last_at),
    },
)


def keep_looks(tx: Transaction, looks: Sequence[tuple[Seen, Times]]) -> int:
    """Write looks down, added to those of the same day; how many rows that were."""
    rows = [
        {
            "staff_id": seen.staff_id, "member_id": seen.member_id, "view": seen.view, "looked_on": seen.looked_on,
            "first_at": times.first_at, "last_at": times.last_at, "times": times.times,
        }
        for seen, times in looks
    ]  # fmt: skip
    tx.many(_KEEP, rows)
    return len(rows)
