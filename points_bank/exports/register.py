"""A desk's register as a file: of a day, or of a month."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from points_bank.actor import Actor
from points_bank.branches.tree import check_dates
from points_bank.clock import PeriodKind, parse_period
from points_bank.errors import Invalid, message
from points_bank.redemptions.register import RegisterLine, register_of
from points_bank.transaction import Transaction

LINES_A_PAGE = 500

NOT_A_DAY = message("A day such as 2026-11-16 or a month such as 2026-11 is needed.")


def export_register(tx: Transaction, desk_id: int, when: str, *, by: Actor) -> list[RegisterLine]:
    """The lines of a day (`2026-11-16`) or of all days of a month (`2026-11`), in order.

    Refuses `invalid` what is neither.
    """
    first_on, until = _days(when)
    return [line for day in _each(first_on, until) for line in _lines(tx, desk_id, day, by)]


def _lines(tx: Transaction, desk_id: int, on: date, by: Actor) -> Iterator[RegisterLine]:
    skipped = 0
    while page := register_of(tx, desk_id, on=on, skipped=skipped, limit=LINES_A_PAGE, by=by):
        yield from page
        skipped += len(page)


def _days(when: str) -> tuple[date, date]:
    """The first day, and the first one that is no longer meant."""
    period = parse_period(when)
    if period is not None and period.kind is PeriodKind.MONTH:
        return period.first_on, period.until
    try:
        on = datetime.strptime(when, "%Y-%m-%d").date()  # noqa: DTZ007  # a day of the district, no instant
    except ValueError:
        raise Invalid({"when": NOT_A_DAY}) from None
    check_dates(when=on, until=None)
    return on, on + timedelta(days=1)


def _each(first_on: date, until: date) -> Iterator[date]:
    for number in range((until - first_on).days):
        yield first_on + timedelta(days=number)
