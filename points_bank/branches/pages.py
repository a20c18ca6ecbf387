"""Administration: its first page, and the tree of branches."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from points_bank.actor import Actor, Task
from points_bank.branches.calendar import years_known
from points_bank.branches.models import BranchKind, ManagementMode
from points_bank.branches.surroundings import Surroundings, surroundings
from points_bank.branches.tree import BranchLine, add_branch
from points_bank.errors import PointsBankError
from points_bank.jobs.timetable import Due, dues_of
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, Code, PathId, QueryId, ThingName, database_of, staff

CALENDAR_MONTH = 11
"""By November the next year's holidays have been announced."""


class NewBranch(msgspec.Struct):
    code: Code
    name: ThingName
    kind: BranchKind
    management_mode: ManagementMode | None = None
    valid_from_on: date | None = None


class ToDo(msgspec.Struct, frozen=True):
    """What an administrator should look at. `years` are those whose holidays are not known yet, `late` the jobs that
    did not happen when they were due."""

    years: Sequence[int]
    late: Sequence[Due]
    is_of_district: bool


class AdministrationPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/front.html"
    to_do: ToDo


class BranchPage(Page, frozen=True, kw_only=True):
    """One branch with what lies below it; `added_id` is one that was just added."""

    template: ClassVar[str] = "admin/branch.html"
    here: Surroundings
    modes: Sequence[ManagementMode]
    added_id: int | None = None


@get("/admin")
async def get_administration(request: Asking) -> Response[str]:
    """The first page of administration."""
    return show(request, AdministrationPage(to_do=await database_of(request).read(_to_do, by=staff(request))))


@get("/admin/branches")
async def get_tree(request: Asking) -> Response[str]:
    """The topmost branch that the caller administers."""
    return await _branch_page(request, None)


@get("/admin/branches/{branch_id:int}")
async def get_branch_page(request: Asking, branch_id: FromPath[PathId], added_id: QueryId = None) -> Response[str]:
    """One branch of the tree."""
    return await _branch_page(request, branch_id, added_id=added_id)


@post("/admin/branches/{branch_id:int}", status_code=200)
async def post_branch_below(request: Asking, branch_id: FromPath[PathId]) -> Response[Any]:
    """Add a branch below this one."""
    form = await sent_form(request)
    try:
        sent = msgspec.structs.asdict(form.read(NewBranch))
        answer = await write_form(request, form, BranchLine, add_branch, **sent, parent_id=branch_id, by=staff(request))
    except PointsBankError as refusal:
        return await _branch_page(request, branch_id, form.refused(refusal))
    return go_to(f"/admin/branches/{branch_id}?added_id={answer.outcome.id}")


async def _branch_page(
    request: Asking, branch_id: int | None, form: Form | None = None, *, added_id: int | None = None
) -> Response[str]:
    here = await database_of(request).read(surroundings, branch_id, by=staff(request))
    return show(request, BranchPage(here=here, modes=list(ManagementMode), added_id=added_id), form)


def _to_do(tx: Transaction, *, by: Actor) -> ToDo:
    known = {each.year for each in years_known(tx, by=by)}
    needed = [tx.today.year, tx.today.year + 1] if tx.today.month >= CALENDAR_MONTH else [tx.today.year]
    is_of_district = any(path.count("/") <= 2 for path in by.paths(Task.READ_ADMINISTRATION))
    late = [due for due in dues_of(tx) if due.is_late]
    return ToDo([year for year in needed if year not in known], late, is_of_district)


PAGES: list[Any] = [get_administration, get_tree, get_branch_page, post_branch_below]
