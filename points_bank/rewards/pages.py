"""What lies on the shelves, as pages: the count at the end of the day."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from litestar import Response, get, post
from litestar.params import FromPath

from points_bank.errors import Invalid, PointsBankError, message
from points_bank.rewards.counting import Counted, StockLine, count_stock, stock_at
from points_bank.rewards.desks import DeskLine
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.web import Asking, PathId, database_of, staff

NOT_A_COUNT = message("A whole number, 0 or more.")
NOTHING_COUNTED = message("Fill in at least one count.")
COUNT = "count-"
"""With the id of a reward behind it, the name of the field that says how many were found."""


class StockPage(Page, frozen=True, kw_only=True):
    """The sheet for counting a desk's shelf."""

    template: ClassVar[str] = "desk/stock.html"
    desk: DeskLine
    lines: Sequence[StockLine]


@get("/desk/{desk_id:int}/stock")
async def get_stock(request: Asking, desk_id: FromPath[PathId]) -> Response[str]:
    """What a desk should have, to be counted and printed."""
    return await _stock(request, desk_id, Form())


@post("/desk/{desk_id:int}/stock", status_code=200)
async def post_count(request: Asking, desk_id: FromPath[PathId]) -> Response[Any]:
    """Book what was found. What was left empty was not counted."""
    form = await sent_form(request)
    try:
        found = _found(form)
        await write_form(request, form, Counted, count_stock, desk_id, found, by=staff(request))
    except PointsBankError as refusal:
        return await _stock(request, desk_id, form.refused(refusal))
    return go_to(f"/desk/{desk_id}/stock")


PAGES: list[Any] = [get_stock, post_count]


async def _stock(request: Asking, desk_id: int, form: Form) -> Response[str]:
    desk, lines = await database_of(request).read(stock_at, desk_id, by=staff(request))
    return show(request, StockPage(desk=desk, lines=lines), form)


def _found(form: Form) -> dict[int, int]:
    """By reward how many were found. Refuses `invalid` by field, and a sheet on which nothing stands."""
    typed = {name: form.value(name) for name in form.values if re.fullmatch(rf"{COUNT}\d{{1,18}}", name, re.ASCII)}
    filled = {name: text for name, text in typed.items() if text}
    problems = {name: NOT_A_COUNT for name, text in filled.items() if not re.fullmatch(r"\d{1,6}", text, re.ASCII)}
    if not filled:
        problems["count"] = NOTHING_COUNTED
    if problems:
        raise Invalid(problems)
    return {int(name.removeprefix(COUNT)): int(text) for name, text in filled.items()}
