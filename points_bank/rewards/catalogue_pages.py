"""Administration of the catalogue: what can be had, for how many points, and how many are left where."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from points_bank.actor import Actor
from points_bank.errors import PointsBankError
from points_bank.rewards.catalogue import RewardLine, add_reward, change_reward
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.shapes import Cost, Quantity
from points_bank.rewards.shelves import Catalogue, Shelved, catalogue_seen, shelved
from points_bank.rewards.sponsors import SponsorLine, list_sponsors
from points_bank.rewards.stock import Moved, move_stock
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, Id, PathId, QueryId, Reason, ThingName, database_of, staff

Deed = Annotated[Literal["added", "saved", "moved"] | None, QueryParameter()]
MOST_SPONSORS = 500
BY_HAND = (
    StockMovementKind.RECEIVED, StockMovementKind.COUNTED, StockMovementKind.DAMAGED, StockMovementKind.RETURNED,
)  # fmt: skip


class RewardForm(msgspec.Struct):
    name: ThingName
    cost_points: Cost
    is_offered: bool = False


class NewRewardForm(RewardForm, kw_only=True):
    branch_id: Id


class MovementForm(msgspec.Struct):
    desk_id: Id
    kind: Literal["received", "counted", "damaged", "returned"]
    quantity: Quantity
    reason: Reason | None = None
    sponsor_id: Id | None = None


class CataloguePage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/catalogue.html"
    found: Catalogue


class RewardPage(Page, frozen=True, kw_only=True):
    """One reward; `done` is what was just done, `form_of` the form that was refused."""

    template: ClassVar[str] = "admin/reward.html"
    view: Shelved
    sponsors: Sequence[SponsorLine]
    kinds: tuple[StockMovementKind, ...]
    done: str | None
    form_of: str | None


@get("/admin/goods")
async def get_catalogue(request: Asking, after_id: QueryId = None) -> Response[str]:
    """The catalogue, and a form for one more."""
    return await _catalogue_page(request, after_id=after_id)


@post("/admin/goods", status_code=200)
async def post_new_reward(request: Asking) -> Response[Any]:
    """Offer something."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = msgspec.structs.asdict(form.read(NewRewardForm))
        answer = await write_form(request, form, RewardLine, add_reward, **sent, by=by)
    except PointsBankError as refusal:
        return await _catalogue_page(request, form.refused(refusal))
    return go_to(f"/admin/goods/{answer.outcome.id}?done=added")


@get("/admin/goods/{reward_id:int}")
async def get_reward_page(request: Asking, reward_id: FromPath[PathId], done: Deed = None) -> Response[str]:
    """One reward, and what is left of it at each desk."""
    return await reward_page(request, reward_id, done=done)


@post("/admin/goods/{reward_id:int}", status_code=200)
async def post_reward_change(request: Asking, reward_id: FromPath[PathId]) -> Response[Any]:
    """Change a reward; what was ordered before keeps its cost."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = msgspec.structs.asdict(form.read(RewardForm))
        await write_form(request, form, RewardLine, change_reward, reward_id, **sent, by=by)
    except PointsBankError as refusal:
        return await reward_page(request, reward_id, form.refused(refusal), form_of="reward")
    return go_to(f"/admin/goods/{reward_id}?done=saved")


@post("/admin/goods/{reward_id:int}/stock", status_code=200)
async def post_movement(request: Asking, reward_id: FromPath[PathId]) -> Response[Any]:
    """Book goods in or out at a desk, or what was counted."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(MovementForm)
        await write_form(
            request, form, Moved, move_stock, reward_id, desk_id=sent.desk_id, kind=StockMovementKind(sent.kind),
            quantity=sent.quantity, reason=sent.reason, sponsor_id=sent.sponsor_id, by=by,
        )  # fmt: skip
    except PointsBankError as refusal:
        return await reward_page(request, reward_id, form.refused(refusal), form_of="stock")
    return go_to(f"/admin/goods/{reward_id}?done=moved")


async def _catalogue_page(request: Asking, form: Form | None = None, *, after_id: int | None = None) -> Response[str]:
    found = await database_of(request).read(catalogue_seen, after_id=after_id, by=staff(request))
    return show(request, CataloguePage(found=found), form or Form({"is_offered": ["true"]}))


async def reward_page(
    request: Asking, reward_id: int, form: Form | None = None, *, done: str | None = None, form_of: str | None = None
) -> Response[str]:
    """The page of a reward, with a form of it that was refused."""
    view, sponsors = await database_of(request).read(_shelved, reward_id, by=staff(request))
    page = RewardPage(view=view, sponsors=sponsors, kinds=BY_HAND, done=done, form_of=form_of)
    return show(request, page, form)


def _shelved(tx: Transaction, reward_id: int, *, by: Actor) -> tuple[Shelved, list[SponsorLine]]:
    return shelved(tx, reward_id, by=by), list_sponsors(tx, after_id=None, limit=MOST_SPONSORS, by=by)


PAGES: list[Any] = [get_catalogue, post_new_reward, get_reward_page, post_reward_change, post_movement]
