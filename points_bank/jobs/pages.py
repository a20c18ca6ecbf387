"""Administration of what the bank does by itself: what is due, what ran, and doing it now."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, ClassVar

from litestar import Response, get, post

from points_bank.actor import Actor
from points_bank.jobs.timetable import JOB_WORDS, Timetable, require_running, timetable
from points_bank.leaderboards.boards import board_of
from points_bank.scheduler import Done, run_due
from points_bank.site.forms import sent_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, database_of, staff


class JobsPage(Page, frozen=True, kw_only=True):
    """`board_names` are by what a run names as its subject; `done` is what was just done, by job in words, and
    `failed` are the jobs that could not do it."""

    template: ClassVar[str] = "admin/jobs.html"
    timetable: Timetable
    board_names: Mapping[str, str]
    is_run: bool = False
    done: Mapping[str, int]
    failed: list[str]


@get("/admin/jobs")
async def get_jobs(request: Asking) -> Response[str]:
    """What is due and what ran."""
    found, names = await database_of(request).read(_seen, by=staff(request))
    return show(request, JobsPage(timetable=found, board_names=names, done={}, failed=[]))


@post("/admin/jobs/run", status_code=200)
async def post_jobs_run(request: Asking) -> Response[str]:
    """Do now what is due. Once more does nothing more, so that reloading is harmless."""
    await sent_form(request)
    database, by = database_of(request), staff(request)
    await database.read(require_running, by=by)
    parts = await run_due(database)
    found, names = await database.read(_seen, by=by)
    failed = [JOB_WORDS[part.job] for part in parts if part.failure]
    page = JobsPage(timetable=found, board_names=names, is_run=True, done=_counts(parts), failed=failed)
    return show(request, page)


def _seen(tx: Transaction, *, by: Actor) -> tuple[Timetable, Mapping[str, str]]:
    found = timetable(tx, by=by)
    boards = {ran.subject for ran in found.runs if ran.subject.isdecimal()}
    return found, {each: board_of(tx, int(each)).name for each in boards}


def _counts(parts: list[Done]) -> dict[str, int]:
    done = sorted((part for part in parts if not part.failure), key=lambda part: part.job)
    return {JOB_WORDS[job]: sum(part.count for part in same) for job, same in groupby(done, lambda part: part.job)}


PAGES: list[Any] = [get_jobs, post_jobs_run]
