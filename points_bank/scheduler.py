"""The timetable: what the bank does by itself. APScheduler says when to look; the books say what is due."""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec
import sqlalchemy as sa
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from points_bank.activities.settlement import next_settlement, reschedule_notices, settle_due
from points_bank.branches.models import Branch
from points_bank.clock import machine_now
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.errors import Busy
from points_bank.extensions.carrying_out import extend_due, next_extension
from points_bank.imports.forgetting import forget_due, next_forgetting
from points_bank.leaderboards.editions import (
    finalise_due,
    next_finalisation,
    next_publication,
    publish_due,
    reschedule_objections,
)
from points_bank.leaderboards.gathering import read_for_publication
from points_bank.ledger.lapse import lapse_due, next_lapse
from points_bank.ledger.seal import next_seal, read_for_seal, seal_due
from points_bank.looks.forgetting import forget_looks_due, next_forgetting_of_looks
from points_bank.members.proxies import erase_due, next_erasure
from points_bank.messages.reminders import next_reminder, remind_due
from points_bank.redemptions.expiry import next_release, release_due
from points_bank.reports.closing import close_due, next_close, read_for_close
from points_bank.retention.forgetting import (
    erase_closed_due,
    forget_passing_due,
    next_erasure_of_closed,
    next_passing,
)
from points_bank.sqlite_errors import will_pass
from points_bank.transaction import Transaction

log = logging.getLogger(__name__)

LARGEST_CORRECTION = timedelta(minutes=1)
"""By how much a clock may be put right without a word."""

BRANCH = table_of(Branch)


class Job(msgspec.Struct, frozen=True):
    """A piece of the timetable, as two acts.

    `next_due(tx)` is the instant from which the books ask for it, past or future, or None. `run(tx, due_at=...)` does
    one short part of what is due at that instant or before and returns how many things it did. Doing it twice is
    harmless: what is done is no longer due. It waits while a job in `after` fails, because it builds on what that does.
    Where a job has much to read first, `read(tx, draft, due_at=...)` does a part of that on a snapshot, beginning with
    None, until its draft `is_whole`; `run` then gets it as `gathered`. One that is `settled` writes down where the
    books stood at an instant, and waits until nothing can still come in before it: `Transaction.settled_at`.
    """

    name: str
    next_due: Callable[[Transaction], datetime | None]
    run: Callable[..., int]
    after: frozenset[str] = frozenset()
    read: Callable[..., Any] | None = None
    settled: bool = False


class Done(msgspec.Struct, frozen=True):
    """What a part of a job did; `failure` says what kept it from it, and then nothing was written."""

    job: str
    due_at: datetime
    count: int
    failure: str | None = None


class JobFailed(Exception):
    """A job raised; its act is rolled back."""

    def __init__(self, done: Done) -> None:
        super().__init__(f"{done.job} failed")
        self.done = done


class ReadFirst(Exception):
    """A job is due that reads before it writes; nothing was written yet."""

    outcome = "reads_first"

    def __init__(self, job: Job, due_at: datetime) -> None:
        super().__init__(f"{job.name} reads first")
        self.job, self.due_at = job, due_at


class Gathered(msgspec.Struct, frozen=True):
    """What a job has read to do what was due at that instant."""

    job: str
    due_at: datetime
    content: Any


TIMETABLE: tuple[Job, ...] = (
    Job("release", next_release, release_due),
    Job("extend", next_extension, extend_due),
    Job("lapse", next_lapse, lapse_due, after=frozenset({"extend"})),
    Job(
        "close",
        next_close,
        close_due,
        after=frozenset({"release", "lapse", "settle"}),
        read=read_for_close,
        settled=True,
    ),
    Job("settle", next_settlement, settle_due),
    Job("seal", next_seal, seal_due, read=read_for_seal, settled=True),
    Job("publish", next_publication, publish_due, after=frozenset({"settle"}), read=read_for_publication, settled=True),
    Job("finalise", next_finalisation, finalise_due, after=frozenset({"settle"}), settled=True),
    Job("remind", next_reminder, remind_due),
    Job("erase", next_erasure, erase_due),
    Job("forget", next_forgetting, forget_due),
    Job("forget_looks", next_forgetting_of_looks, forget_looks_due),
    Job("forget_passing", next_passing, forget_passing_due),
    Job("erase_closed", next_erasure_of_closed, erase_closed_due),
)
"""In the order in which they happen where several are due at one instant."""

_ONE_AT_A_TIME = (
    sa.select(BRANCH.c.id).where(BRANCH.c.parent_id.is_(None)).order_by(BRANCH.c.id).with_for_update(key_share=True)
)
"""The district, locked so that others may still refer to it: of several processes one does what is due at a time."""

RESCHEDULE: tuple[Callable[[Transaction], int], ...] = (reschedule_notices, reschedule_objections)
"""What was reckoned in working days and is reckoned again when a calendar is loaded; each says how many ends moved."""


def dues(tx: Transaction) -> list[tuple[datetime, Job]]:
    """When each job is due next, in the timetable's order; jobs with nothing to come are left out."""
    return [(at, job) for job in TIMETABLE if (at := job.next_due(tx)) is not None]


def lags(tx: Transaction) -> dict[str, float]:
    """For how many seconds each job has been due; 0 for one that is not."""
    none = dict.fromkeys((job.name for job in TIMETABLE), 0.0)
    return none | {job.name: max(0.0, (tx.now - due_at).total_seconds()) for due_at, job in dues(tx)}


def do_next(tx: Transaction, failing: Collection[str] = (), gathered: Gathered | None = None) -> Done | None:
    """Do one part of what has been due longest, leaving out failing jobs and those that build on them.

    None when nothing is due. Raises `JobFailed` for a job that raises; one that only could not get at the database
    raises what it raised, and is due again. Raises `ReadFirst` for a job that needs something else than is `gathered`.
    """
    if not tx.writes_alone:
        tx.all(_ONE_AT_A_TIME)
    ripe = [(at, job) for at, job in dues(tx) if _is_ripe(tx, at, job) and not ({job.name} | job.after) & set(failing)]
    if not ripe:
        return None
    due_at, job = min(ripe, key=lambda each: each[0])
    values: dict[str, Any] = {"due_at": due_at}
    if job.read is not None:
        if gathered is None or (gathered.job, gathered.due_at) != (job.name, due_at):
            raise ReadFirst(job, due_at)
        values["gathered"] = gathered.content
    tx.act = job.run.__name__
    try:
        count = job.run(tx, **values)
        assert count > 0 or not tx.writes_alone, "a job that is due does something, unless a desk was faster"
    except Exception as error:
        if will_pass(error):
            raise
        raise JobFailed(Done(job.name, due_at, 0, failure=repr(error))) from error
    return Done(job.name, due_at, count)


def _is_ripe(tx: Transaction, at: datetime, job: Job) -> bool:
    return at <= (tx.now if not job.settled or at > tx.now else tx.settled_at)


def reschedule(tx: Transaction) -> int:
    """Reckon again what hangs on the calendar, which has changed; how many ends moved."""
    return sum(each(tx) for each in RESCHEDULE)


async def run_due(database: Database) -> list[Done]:
    """Do everything that is due now, oldest first, in short acts. Others may do so at once: each thing happens once.

    A job that fails is told as such and tried again at the next look; it does not keep the others waiting.
    """
    done: list[Done] = []
    gathered: Gathered | None = None
    while True:
        try:
            step, gathered = await _take_step(database, {each.job for each in done if each.failure}, gathered)
        except JobFailed as failed:
            log.error("%s, due %s", failed, failed.done.due_at.isoformat(), exc_info=failed.__cause__)
            step = failed.done
        if step is None:
            return done
        done.append(step)


async def _take_step(
    database: Database, failing: Collection[str], gathered: Gathered | None
) -> tuple[Done | None, Gathered | None]:
    """One part, with what was read for it: the next part at that instant may use it too."""
    while True:
        try:
            return await database.write_patiently(do_next, failing, gathered), gathered
        except ReadFirst as needed:
            gathered = await _gather(database, needed.job, needed.due_at)


async def _gather(database: Database, job: Job, due_at: datetime) -> Gathered:
    """Read what a job needs, one snapshot after another, so that none is held for long."""
    assert job.read is not None, "only a job that reads is asked to"
    draft = None
    try:
        while draft is None or not draft.is_whole:
            draft = await database.read(job.read, draft, due_at=due_at)
    except Busy:
        raise
    except Exception as error:
        raise JobFailed(Done(job.name, due_at, 0, failure=repr(error))) from error
    return Gathered(job.name, due_at, draft)


class Scheduler:
    """Looks into the books when it starts and then every few seconds, as long as the bank is open."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._clock = AsyncIOScheduler(timezone="UTC")
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        every = IntervalTrigger(seconds=self._database.settings.timetable_seconds, timezone="UTC")
        self.timer = self._clock.add_job(self.look, every, max_instances=1, coalesce=True, misfire_grace_time=None)
        self._clock.start()
        self._looking = asyncio.create_task(self.look())
        self._watching = asyncio.create_task(self._watch_clock())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop looking; a look that is under way is finished first."""
        self._watching.cancel()
        self._clock.pause()
        if self._looking is not None:
            await self._looking
        self._clock.shutdown(wait=False)

    async def look(self) -> None:
        """Do what is due. What fails is logged and due again at the next look."""
        try:
            for done in await run_due(self._database):
                log.info("%s: %d, due %s", done.job, done.count, done.due_at.isoformat())
        except Busy:
            log.warning("the bank was busy; what is due is done at the next look")
        except Exception:
            log.exception("what was due could not be done")

    async def _watch_clock(self) -> None:
        """Tell the log when the clock is put, and look at once.

        The next look is at an instant of the machine's clock: put back by an hour, it would keep us waiting for one.
        """
        while True:
            await asyncio.sleep(self._database.settings.timetable_seconds)
            moved = self._database.clock.moved()
            if abs(moved) > LARGEST_CORRECTION:
                log.warning("the clock was put %s by %s", "forward" if moved > timedelta() else "back", abs(moved))
                self.timer.modify(next_run_time=machine_now())
