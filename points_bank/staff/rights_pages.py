"""Administration of staff: who works here, with which rights from when until when, hand-overs, and who may sign in."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from points_bank.actor import Role
from points_bank.errors import PointsBankError
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.staff.accounts import Account, change_password, disable_staff, enable_staff
from points_bank.staff.api import NewRight
from points_bank.staff.handover import HandedOver, hand_over
from points_bank.staff.passwords import LONGEST, hash_password
from points_bank.staff.people import RightId, StaffId, create_staff, grant_right, withdraw_right
from points_bank.staff.roster import Person, Roster, person_seen, roster
from points_bank.web import NO_SPACES, Asking, Id, Name, PathId, QueryId, database_of, forget_callers, staff

Deed = Annotated[
    Literal["created", "granted", "withdrawn", "handed_over", "password_changed", "disabled", "enabled"] | None,
    QueryParameter(),
]


class NewStaff(msgspec.Struct):
    """A password has 10 to 200 characters."""

    name: Name
    login: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=NO_SPACES)]
    password: Annotated[str, msgspec.Meta(max_length=LONGEST)]


class Handover(msgspec.Struct):
    to_staff_id: Id
    over_branch_id: Id
    on: date


class NewPassword(msgspec.Struct):
    """10 to 200 characters."""

    password: Annotated[str, msgspec.Meta(max_length=LONGEST)]


class RosterPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/roster.html"
    roster: Roster


class PersonPage(Page, frozen=True, kw_only=True):
    """`done` is what was just done; `form_of` is the form that was refused."""

    template: ClassVar[str] = "admin/person.html"
    person: Person
    roles: Sequence[Role]
    done: str | None
    form_of: str | None


@get("/admin/staff")
async def get_roster(request: Asking, after_id: QueryId = None) -> Response[str]:
    """Staff of the caller's branches, and a form for one more."""
    return await _roster_page(request, after_id=after_id)


@post("/admin/staff", status_code=200)
async def post_new_staff(request: Asking) -> Response[Any]:
    """Add a member of staff; rights are given on their own page."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(NewStaff)
        password_hash = await asyncio.to_thread(hash_password, sent.password)
        answer = await write_form(
            request, form, StaffId, create_staff, login=sent.login, name=sent.name, password_hash=password_hash, by=by
        )
    except PointsBankError as refusal:
        return await _roster_page(request, form.refused(refusal))
    return go_to(f"/admin/staff/{answer.outcome.id}?done=created")


@get("/admin/staff/{staff_id:int}")
async def get_person(request: Asking, staff_id: FromPath[PathId], done: Deed = None) -> Response[str]:
    """One member of staff, with their rights."""
    return await _person_page(request, staff_id, done=done)


@post("/admin/staff/{staff_id:int}/rights", status_code=200)
async def post_new_right(request: Asking, staff_id: FromPath[PathId]) -> Response[Any]:
    """Give a right, from a day until a day."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = msgspec.structs.asdict(form.read(NewRight))
        await write_form(request, form, RightId, grant_right, staff_id, **sent, by=by)
    except PointsBankError as refusal:
        return await _person_page(request, staff_id, form.refused(refusal), form_of="rights")
    return _changed(request, staff_id, "granted")


@post("/admin/staff/{staff_id:int}/rights/{right_id:int}/withdrawal", status_code=200)
async def post_withdrawal(request: Asking, staff_id: FromPath[PathId], right_id: FromPath[PathId]) -> Response[Any]:
    """Withdraw a right now."""
    form, by = await sent_form(request), staff(request)
    try:
        await database_of(request).write(withdraw_right, staff_id, right_id=right_id, by=by)
    except PointsBankError as refusal:
        return await _person_page(request, staff_id, form.refused(refusal), form_of="withdrawal")
    return _changed(request, staff_id, "withdrawn")


@post("/admin/staff/{staff_id:int}/handover", status_code=200)
async def post_handover_form(request: Asking, staff_id: FromPath[PathId]) -> Response[Any]:
    """Hand the rights over one branch to a successor."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(Handover)
        await write_form(
            request, form, HandedOver, hand_over, staff_id,
            to_staff_id=sent.to_staff_id, branch_id=sent.over_branch_id, on=sent.on, by=by,
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _person_page(request, staff_id, form.refused(refusal), form_of="handover")
    return _changed(request, staff_id, "handed_over")


@post("/admin/staff/{staff_id:int}/password", status_code=200)
async def post_password_form(request: Asking, staff_id: FromPath[PathId]) -> Response[Any]:
    """Give somebody another password."""
    form, by = await sent_form(request), staff(request)
    try:
        password_hash = await asyncio.to_thread(hash_password, form.read(NewPassword).password)
        # Not by the form's key, which forgets what the password was: sent again with another one, that one counts.
        await database_of(request).write(change_password, staff_id, password_hash=password_hash, by=by)
    except PointsBankError as refusal:
        return await _person_page(request, staff_id, form.refused(refusal), form_of="password")
    return _changed(request, staff_id, "password_changed")


@post("/admin/staff/{staff_id:int}/disabling", status_code=200)
async def post_disabling_form(request: Asking, staff_id: FromPath[PathId]) -> Response[Any]:
    """Shut somebody out."""
    return await _change_account(request, staff_id, disable_staff, done="disabled")


@post("/admin/staff/{staff_id:int}/enabling", status_code=200)
async def post_enabling_form(request: Asking, staff_id: FromPath[PathId]) -> Response[Any]:
    """Let somebody in again."""
    return await _change_account(request, staff_id, enable_staff, done="enabled")


async def _roster_page(request: Asking, form: Form | None = None, *, after_id: int | None = None) -> Response[str]:
    found = await database_of(request).read(roster, after_id=after_id, by=staff(request))
    return show(request, RosterPage(roster=found), form)


async def _person_page(
    request: Asking, staff_id: int, form: Form | None = None, *, done: str | None = None, form_of: str | None = None
) -> Response[str]:
    person = await database_of(request).read(person_seen, staff_id, by=staff(request))
    return show(request, PersonPage(person=person, roles=list(Role), done=done, form_of=form_of), form)


async def _change_account(request: Asking, staff_id: int, act: Callable[..., Account], *, done: str) -> Response[Any]:
    form, by = await sent_form(request), staff(request)
    try:
        await database_of(request).write(act, staff_id, by=by)
    except PointsBankError as refusal:
        return await _person_page(request, staff_id, form.refused(refusal), form_of="account")
    return _changed(request, staff_id, done)


def _changed(request: Asking, staff_id: int, done: str) -> Response[Any]:
    forget_callers(request)
    return go_to(f"/admin/staff/{staff_id}?done={done}")


PAGES: list[Any] = [
    get_roster,
    post_new_staff,
    get_person,
    post_new_right,
    post_withdrawal,
    post_handover_form,
    post_password_form,
    post_disabling_form,
    post_enabling_form,
]
