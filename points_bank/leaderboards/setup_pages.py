"""Administration of boards: which there are, when they go up, and setting up another one."""

from datetime import time
from typing import Any, ClassVar

import msgspec
from litestar import Response, get, post

from points_bank.clock import PeriodKind
from points_bank.errors import PointsBankError
from points_bank.leaderboards.api import NewBoard
from points_bank.leaderboards.boards import BoardLine, create_board
from points_bank.leaderboards.models import Measure, Population
from points_bank.leaderboards.setup import Setup, boards_set_up
from points_bank.rules.rule_set import ServiceRole
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.web import Asking, QueryId, database_of, staff


class SetupPage(Page, frozen=True, kw_only=True):
    """The boards, and what can be chosen for a new one; `added_id` is one that was just set up."""

    template: ClassVar[str] = "admin/boards.html"
    found: Setup
    periods: tuple[PeriodKind, ...] = tuple(PeriodKind)
    measures: tuple[Measure, ...] = tuple(Measure)
    populations: tuple[Population, ...] = tuple(Population)
    roles: tuple[ServiceRole, ...] = tuple(ServiceRole)
    added_id: int | None = None


@get("/admin/boards")
async def get_setup(request: Asking, after_id: QueryId = None, added_id: QueryId = None) -> Response[str]:
    """The boards of the caller's branches, and a form for one more."""
    return await _setup_page(request, after_id=after_id, added_id=added_id)


@post("/admin/boards", status_code=200)
async def post_new_board(request: Asking) -> Response[Any]:
    """Set up a board, which publishes from the running period on."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = msgspec.structs.asdict(form.read(NewBoard))
        at = time.fromisoformat(sent.pop("publish_time"))
        answer = await write_form(request, form, BoardLine, create_board, **sent, publish_time=at, by=by)
    except PointsBankError as refusal:
        return await _setup_page(request, form.refused(refusal))
    return go_to(f"/admin/boards?added_id={answer.outcome.id}")


async def _setup_page(
    request: Asking, form: Form | None = None, *, after_id: int | None = None, added_id: int | None = None
) -> Response[str]:
    found = await database_of(request).read(boards_set_up, after_id=after_id, by=staff(request))
    return show(request, SetupPage(found=found, added_id=added_id), form)


PAGES: list[Any] = [get_setup, post_new_board]
