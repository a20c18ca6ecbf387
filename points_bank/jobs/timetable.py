"""The timetable as it stands: when each job is due next, and what was done once for a period."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.calendar import YearLoaded, load_year
from points_bank.branches.calendar_data import Calendar
from points_bank.branches.tree import district
from points_bank.columns import table_of
from points_bank.errors import NotFound, message
from points_bank.job_runs import JobRun
from points_bank.scheduler import TIMETABLE, reschedule
from points_bank.transaction import Transaction

RUN = table_of(JobRun)

LATEST_RUNS = 40
LATE_AFTER = timedelta(minutes=10)
"""What has been due for longer than this did not happen when the bank looked at it, again and again."""

JOB_WORDS: Mapping[str, str] = {
    "release": message("Let reservations run out"),
    "extend": message("Carry out orders that let points lapse later"),
    "lapse": message("Let points lapse"),
    "close": message("Close the month"),
    "settle": message("Settle what was under notice"),
    "seal": message("Seal the books of the day"),
    "publish": message("Publish boards"),
    "finalise": message("Make boards final"),
    "remind": message("Remind of points that will lapse"),
    "erase": message("Erase authorisations that need not be kept"),
    "forget": message("Forget rows of files that were refused"),
    "forget_looks": message("Forget who looked at whom, after some years"),
    "forget_passing": message("Forget old messages, sessions and visits"),
    "erase_closed": message("Erase whose passbooks were closed, after some years"),
}


class Due(msgspec.Struct, frozen=True):
    """A job and when it is due next, None where nothing is to come. `is_late` needs somebody to look."""

    job: str
    at: datetime | None
    is_due: bool
    is_late: bool

    @property
    def words(self) -> str:
        return JOB_WORDS[self.job]


class Ran(msgspec.Struct, frozen=True):
    """A job done once for a period: `subject` is the board of `publish:3`."""

    job: str
    period: str
    due_at: datetime
    ran_at: datetime

    @property
    def words(self) -> str:
        return JOB_WORDS[self.job.partition(":")[0]]

    @property
    def subject(self) -> str:
        return self.job.partition(":")[2]


class Timetable(msgspec.Struct, frozen=True):
    """`may_run` tells whether the reader may have done now what is due."""

    dues: Sequence[Due]
    runs: Sequence[Ran]
    may_run: bool

    @property
    def late(self) -> Sequence[Due]:
        return [due for due in self.dues if due.is_late]


_LATEST = (
    sa.select(RUN.c.job, RUN.c.period, RUN.c.due_at, RUN.c.ran_at)
    .order_by(RUN.c.ran_at.desc(), RUN.c.job, RUN.c.period.desc())
    .limit(LATEST_RUNS)
)


def timetable(tx: Transaction, *, by: Actor) -> Timetable:
    """What is due and what ran, for the district's administration. Refuses `forbidden` and `not_found` others."""
    path = _district_path(tx)
    by.require(Task.READ_ADMINISTRATION, path)
    return Timetable(dues_of(tx), [Ran(*row) for row in tx.all(_LATEST)], by.may(Task.ADMINISTER, path))


def dues_of(tx: Transaction) -> list[Due]:
    """Every job with when it is due next, in the timetable's order."""
    due_at = {job.name: job.next_due(tx) for job in TIMETABLE}
    return [
        Due(name, at, at is not None and at <= tx.now, at is not None and at <= tx.now - LATE_AFTER)
        for name, at in due_at.items()
    ]


def require_running(tx: Transaction, *, by: Actor) -> None:
    """Refuse who may not have done now what is due: the district's administrators may."""
    by.require(Task.ADMINISTER, _district_path(tx))


def load_calendar(tx: Transaction, *, calendar: Calendar, source: str, by: Actor) -> tuple[YearLoaded, int]:
    """Load a year, and reckon again what hangs on it; how many ends moved."""
    loaded = load_year(tx, calendar.year, calendar.days, source, by)
    return loaded, reschedule(tx)


def _district_path(tx: Transaction) -> str:
    root = district(tx)
    if root is None:
        raise NotFound
    return root.path
