"""Refused rows hold personal data. They go when they are no longer needed, and after a while anyway."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import SYSTEM, Actor
from points_bank.columns import given, table_of
from points_bank.imports.models import ImportFile, ImportRefusal
from points_bank.imports.running import import_seen
from points_bank.transaction import Transaction

FILE, REFUSAL = table_of(ImportFile), table_of(ImportRefusal)

ROWS_AT_A_TIME = 5_000

_HAS_ROWS = sa.exists().where(REFUSAL.c.import_id == FILE.c.id)
_SINCE = sa.func.coalesce(FILE.c.ended_at, FILE.c.started_at)
_OLDEST = (
    sa.select(FILE.c.id, sa.type_coerce(_SINCE, FILE.c.started_at.type).label("since"))
    .where(_HAS_ROWS)
    .order_by(_SINCE, FILE.c.id)
    .limit(1)
)
_NUMBERS = (
    sa.select(REFUSAL.c.number).where(*given(REFUSAL, "import_id")).order_by(REFUSAL.c.number).limit(ROWS_AT_A_TIME)
)
_FORGET_UP_TO = sa.delete(REFUSAL).where(
    REFUSAL.c.import_id == sa.bindparam("whose"), REFUSAL.c.number <= sa.bindparam("last")
)
_FORGET_ALL = sa.delete(REFUSAL).where(REFUSAL.c.import_id == sa.bindparam("whose"))


def forget_refused_rows(tx: Transaction, import_id: int, *, by: Actor) -> int:
    """Delete what is kept of an import's refused rows, now that they are corrected; how many they were.

    The import still says how many rows were refused. Refuses `not_found` and `forbidden` as reading it does.
    """
    import_seen(tx, import_id, by=by)
    count = tx.run(_FORGET_ALL, whose=import_id)
    if count:
        audit.note(tx, by, f"import:{import_id}", "refused_rows")
    return count


def next_forgetting(tx: Transaction) -> datetime | None:
    """When refused rows will have been kept long enough, past or to come."""
    oldest = tx.maybe(_OLDEST)
    if oldest is None:
        return None
    since: datetime = oldest.since
    return since + timedelta(days=tx.settings.refused_rows_days)


def forget_due(tx: Transaction, *, due_at: datetime) -> int:
    """Delete some refused rows of the import that was kept longest; how many."""
    oldest = tx.one(_OLDEST)
    numbers = [row.number for row in tx.all(_NUMBERS, import_id=oldest.id)]
    tx.run(_FORGET_UP_TO, whose=oldest.id, last=numbers[-1])
    audit.note(tx, SYSTEM, f"import:{oldest.id}", "refused_rows")
    return len(numbers)
