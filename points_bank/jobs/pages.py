"""Administration of what the bank does by itself: what is due, what ran, and doing it now."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, ClassVar

from litestar import Response, get, post

from points_bank.jobs.timetable import JOB_WORDS, Timetable, require_running, timetable
from points_bank.scheduler import Done, run_due
from points_bank.site.forms import sent_form
from points_bank.site.rendering import Page, show
from points_bank.web import Asking, database_of, staff


class JobsPage(Page, frozen=True, kw_only=True):
    """`done` is what was just done, by job in words; `failed` are the jobs that could not do it."""

    template: ClassVar[str] = "admin/jobs.html"
    timetable: Timetable
    is_run: bool = False
    done: Mapping[str, int]
    failed: list[str]


@get("/admin/jobs")
async def get_jobs(request: Asking) -> Response[str]:
    """What is due and what ran."""
    found = await database_of(request).read(timetable, by=staff(request))
    return show(request, JobsPage(timetable=found, done={}, failed=[]))


@post("/admin/jobs/run", status_code=200)
async def post_jobs_run(request: Asking) -> Response[str]:
    """Do now what is due. Once more does nothing more, so that reloading is harmless."""
    await sent_form(request)
    database, by = database_of(request), staff(request)
    await database.read(require_running, by=by)
    parts = await run_due(database)
    found = await database.read(timetable, by=by)
    failed = [JOB_WORDS[part.job] for part in parts if part.failure]
    return show(request, JobsPage(timetable=found, is_run=True, done=_counts(parts), failed=failed))


def _counts(parts: list[Done]) -> dict[str, int]:
    done = sorted((part for part in parts if not part.failure), key=lambda part: part.job)
    return {JOB_WORDS[job]: sum(part.count for part in same) for job, same in groupby(done, lambda part: part.job)}


PAGES: list[Any] = [get_jobs, post_jobs_run]
