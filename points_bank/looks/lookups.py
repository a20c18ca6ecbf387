"""How many people staff are shown by searching: thousands in an hour are no desk's work, but a copy of the register."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from points_bank.columns import given, table_of
from points_bank.errors import TooManyTries, message
from points_bank.looks.models import Lookup
from points_bank.transaction import Transaction

LOOKUP = table_of(Lookup)


class TooManyLookups(TooManyTries):
    """429: so many people are not looked up in an hour for one's work."""

    sentence = message("You have looked up very many people within an hour. Please go on in the next hour.")


_FIND = sa.select(LOOKUP.c.people).where(*given(LOOKUP, "staff_id", "hour_at"))
_NEW = insert(LOOKUP)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=[LOOKUP.c.staff_id, LOOKUP.c.hour_at], set_={"people": LOOKUP.c.people + _NEW.excluded.people}
)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def people_looked_up(tx: Transaction, staff_id: int, hour_at: datetime) -> int:
    """How many that member of staff was shown in an hour, as far as it is written down."""
    people: int | None = tx.scalar(_FIND, staff_id=staff_id, hour_at=hour_at)
    return people or 0


def keep_lookups(tx: Transaction, found: Mapping[tuple[int, datetime], int]) -> int:
    """Add to what was written down, by staff and hour; how many rows that were."""
    rows = [
        {"staff_id": staff_id, "hour_at": hour_at, "people": people} for (staff_id, hour_at), people in found.items()
    ]
    tx.many(_KEEP, rows)
    return len(rows)
