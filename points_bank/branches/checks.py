"""What `verify` asks of the tree and the calendar."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.branches.models import Branch, CalendarDay
from points_bank.checks import Check
from points_bank.columns import table_of
from points_bank.transaction import Transaction

BRANCH, DAY = table_of(Branch), table_of(CalendarDay)

_TREE = sa.select(BRANCH.c.id, BRANCH.c.parent_id, BRANCH.c.path).order_by(BRANCH.c.id)
_DAYS = sa.select(DAY.c.on_date, DAY.c.year).order_by(DAY.c.on_date)


def paths_off_the_tree(tx: Transaction) -> Iterator[str]:
    paths: dict[int | None, str] = {None: "/"}
    for row in tx.all(_TREE):
        paths[row.id] = row.path
        if row.path != (expected := f"{paths.get(row.parent_id, '?/')}{row.id}/"):
            yield f"branch {row.id}: path {row.path}, by its parents {expected}"


def second_districts(tx: Transaction) -> Iterator[str]:
    roots = [row.id for row in tx.all(_TREE) if row.parent_id is None]
    yield from (f"branch {root} is a second district" for root in roots[1:])


def days_of_other_years(tx: Transaction) -> Iterator[str]:
    for row in tx.all(_DAYS):
        if row.on_date.year != row.year:
            yield f"{row.on_date} stands in the calendar of {row.year}"


CHECKS = (
    Check("a branch's path leads through its parents", paths_off_the_tree),
    Check("there is one district", second_districts),
    Check("a calendar holds days of its year", days_of_other_years),
)
