"""Write-offs of a desk as a page: what was found damaged, signed by a second person or put back on the shelf."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from points_bank.actor import Actor, Task
from points_bank.errors import PointsBankError
from points_bank.rewards.desks import DeskLine, desk_seen
from points_bank.rewards.shelves import reward_names
from points_bank.rewards.write_offs import WriteOffLine, confirm_write_off, reject_write_off, write_offs_of_desk
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.staff.roster import actor_names
from points_bank.transaction import Transaction
from points_bank.web import Asking, PathId, Reason, database_of, staff

LATEST = 50


class RejectionForm(msgspec.Struct):
    reason: Reason


class WriteOffsPage(Page, frozen=True, kw_only=True):
    """The newest in front; `names` are of the goods by id, `people` of who signed by `staff:5`."""

    template: ClassVar[str] = "desk/write_offs.html"
    desk: DeskLine
    lines: Sequence[WriteOffLine]
    names: Mapping[int, str]
    people: Mapping[str, str]
    reader: str
    may_decide: bool


@get("/desk/{desk_id:int}/write-offs")
async def get_write_offs(request: Asking, desk_id: FromPath[PathId]) -> Response[str]:
    """What was found damaged at a desk."""
    return await _show(request, desk_id)


@post("/desk/{desk_id:int}/write-offs/{movement_id:int}/confirmation", status_code=200)
async def post_confirmation(request: Asking, desk_id: FromPath[PathId], movement_id: FromPath[PathId]) -> Response[Any]:
    """Sign, as a second person, that goods are damaged."""
    form = await sent_form(request)
    try:
        await write_form(request, form, WriteOffLine, confirm_write_off, movement_id, by=staff(request))
    except PointsBankError as refusal:
        return await _show(request, desk_id, form.refused(refusal))
    return go_to(f"/desk/{desk_id}/write-offs")


@post("/desk/{desk_id:int}/write-offs/{movement_id:int}/rejection", status_code=200)
async def post_rejection(request: Asking, desk_id: FromPath[PathId], movement_id: FromPath[PathId]) -> Response[Any]:
    """Put goods that are good after all back on the shelf."""
    form = await sent_form(request)
    try:
        reason = form.read(RejectionForm).reason
        await write_form(request, form, WriteOffLine, reject_write_off, movement_id, reason=reason, by=staff(request))
    except PointsBankError as refusal:
        return await _show(request, desk_id, form.refused(refusal))
    return go_to(f"/desk/{desk_id}/write-offs")


PAGES: list[Any] = [get_write_offs, post_confirmation, post_rejection]


async def _show(request: Asking, desk_id: int, form: Form | None = None) -> Response[str]:
    return show(request, await database_of(request).read(_page, desk_id, by=staff(request)), form)


def _page(tx: Transaction, desk_id: int, *, by: Actor) -> WriteOffsPage:
    desk = desk_seen(tx, desk_id, by=by)
    lines = write_offs_of_desk(tx, desk_id, before_id=None, limit=LATEST, by=by)
    signed = [name for line in lines for name in (line.proposed_by, line.decided_by) if name]
    return WriteOffsPage(
        desk=desk,
        lines=lines,
        names=reward_names(tx, [line.reward_id for line in lines]),
        people=actor_names(tx, signed),
        reader=by.name,
        may_decide=by.may(Task.MOVE_STOCK, desk.branch_path),
    )
