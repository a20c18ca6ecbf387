"""Who lives together, at the branch office, and who of them agreed to share points."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_of
from points_bank.errors import Invalid, NotFound, PointsBankError, message
from points_bank.looks.models import View
from points_bank.members.households import (
    Housed,
    HouseholdRecord,
    add_household,
    household_of_member,
    join_household,
    leave_household,
)
from points_bank.members.record import MemberRecord, member_record, records_of
from points_bank.members.search import Clue, Visitor, clue_of, find_by_card, find_members, plain_text
from points_bank.searching import search
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, Id, Line, PathId, database_of, looked, staff

NOT_ONE_PERSON = message("This fits nobody, or more than one person. The whole card number fits one.")


class NewHouseholdForm(msgspec.Struct):
    label: Line | None = None


class NewResidentForm(msgspec.Struct):
    """Who joins, by the number of a card, a tail, or a name that only one person has."""

    who: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class LeavingForm(msgspec.Struct):
    resident_id: Id


class HouseholdPage(Page, frozen=True, kw_only=True):
    """The household of a member, None where there is none; `residents` in the order in which they joined."""

    template: ClassVar[str] = "staff/household.html"
    record: MemberRecord
    household: HouseholdRecord | None
    residents: Sequence[MemberRecord]
    may_keep: bool


@get("/staff/members/{member_id:int}/household")
async def get_household(request: Asking, member_id: FromPath[PathId]) -> Response[str]:
    """With whom a member lives."""
    return await _show(request, member_id)


@post("/staff/members/{member_id:int}/household", status_code=200)
async def post_household(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Begin a household with a member who lives in none."""
    form, by = await sent_form(request), staff(request)
    try:
        label = form.read(NewHouseholdForm).label
        record = await database_of(request).read(member_record, member_id, by=by)
        await write_form(
            request, form, Housed, add_household,
            branch_id=record.branch_id, label=label, member_ids=[member_id], by=by,
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _show(request, member_id, form.refused(refusal))
    return go_to(f"/staff/members/{member_id}/household")


@post("/staff/members/{member_id:int}/household/residents", status_code=200)
async def post_resident(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Let somebody live in the member's household."""
    form, by = await sent_form(request), staff(request)
    try:
        who = await _one_person(request, form.read(NewResidentForm).who, by)
        household = await database_of(request).read(household_of_member, member_id, by=by)
        await write_form(request, form, Housed, join_household, household.id, member_id=who, by=by)
    except PointsBankError as refusal:
        return await _show(request, member_id, form.refused(_beside(refusal)))
    return go_to(f"/staff/members/{member_id}/household")


@post("/staff/members/{member_id:int}/household/leaving", status_code=200)
async def post_leaving(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Let somebody go from the member's household; from then on each spends their own points."""
    form, by = await sent_form(request), staff(request)
    try:
        resident_id = form.read(LeavingForm).resident_id
        household = await database_of(request).read(household_of_member, member_id, by=by)
        await database_of(request).write(leave_household, household.id, member_id=resident_id, by=by)
    except PointsBankError as refusal:
        return await _show(request, member_id, form.refused(refusal))
    return go_to(f"/staff/members/{member_id}/household")


PAGES: list[Any] = [get_household, post_household, post_resident, post_leaving]


async def _show(request: Asking, member_id: int, form: Form | None = None) -> Response[str]:
    page = await database_of(request).read(_household_page, member_id, by=staff(request))
    looked(request, View.HOUSEHOLD, *{member_id, *(each.id for each in page.residents)})
    return show(request, page, form)


def _household_page(tx: Transaction, member_id: int, *, by: Actor) -> HouseholdPage:
    record = member_record(tx, member_id, by=by)
    may_keep = by.may(Task.KEEP_MEMBERS, branch_of(tx, record.branch_id).path)
    try:
        household = household_of_member(tx, member_id, by=by)
    except NotFound:
        return HouseholdPage(record=record, household=None, residents=[], may_keep=may_keep)
    ids = [each.member_id for each in household.residents]
    by_id = {each.id: each for each in records_of(tx, ids)}
    residents = [by_id[each] for each in ids]
    return HouseholdPage(record=record, household=household, residents=residents, may_keep=may_keep)


async def _one_person(request: Asking, who: str, by: Actor) -> int:
    """Whom a text stands for. Refuses `invalid` where that is not one person."""
    text, database = plain_text(who), database_of(request)
    found: Sequence[MemberRecord | Visitor]
    if clue_of(text) is Clue.CARD:
        found = await search(request, database.write, find_by_card, text, by=by)
        looked(request, View.RECORD, *(each.id for each in found))
    else:
        found = await search(request, database.read, find_members, text=text, limit=2, by=by)
    if len(found) != 1:
        raise Invalid({"who": NOT_ONE_PERSON})
    return found[0].id


def _beside(refusal: PointsBankError) -> PointsBankError:
    """What is wrong with who joins, beside the field that says who."""
    if not isinstance(refusal, Invalid):
        return refusal
    return Invalid({"who": next(iter(refusal.fields.values()))}, **refusal.values)
