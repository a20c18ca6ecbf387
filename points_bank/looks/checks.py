"""What must hold of looks: each is counted on its own day of the district."""

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from points_bank.checks import Check
from points_bank.clock import start_of_day
from points_bank.columns import given, table_of
from points_bank.looks.models import Look
from points_bank.transaction import Transaction

LOOK = table_of(Look)

_DAYS = sa.select(LOOK.c.looked_on).distinct().order_by(LOOK.c.looked_on)
_OF_OTHER_DAYS = (
    sa.select(LOOK.c.id)
    .where(
        *given(LOOK, "looked_on"),
        sa.or_(LOOK.c.first_at < sa.bindparam("from_at"), LOOK.c.last_at >= sa.bindparam("until_at")),
    )
    .order_by(LOOK.c.id)
)


def looks_of_other_days(tx: Transaction) -> Iterator[str]:
    for (on,) in tx.all(_DAYS):
        from_at, until_at = start_of_day(on, tx.zone), start_of_day(on + timedelta(days=1), tx.zone)
        for row in tx.all(_OF_OTHER_DAYS, looked_on=on, from_at=from_at, until_at=until_at):
            yield f"look {row.id} was not on {on}"


CHECKS = (Check("looks are counted on their day", looks_of_other_days),)
