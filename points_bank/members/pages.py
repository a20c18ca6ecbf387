"""Members at the branch office: finding them, registering them, and what is kept about one of them."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from points_bank.activities.handwriting import read_day
from points_bank.actor import Actor, Task
from points_bank.branches.tree import BranchLine, branch_of, find_branch_by_code, list_branches
from points_bank.errors import CardLost, Invalid, NotFound, PointsBankError, message
from points_bank.looks.models import View
from points_bank.members.changes import ChangedMember, ClosedMember, change_member
from points_bank.members.details import Details, Guardian
from points_bank.members.models import Purpose
from points_bank.members.moving import Moved, move_member
from points_bank.members.record import MemberRecord, member_record
from points_bank.members.register import Registered, register_member
from points_bank.members.search import Clue, Visitor, clue_of, find_by_card, find_members, plain_text
from points_bank.passbook.closing import close_passbook
from points_bank.passbook.lines import PassbookLine, passbook_lines, title_of
from points_bank.passbook.view import Passbook, passbook
from points_bank.searching import search
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, Id, Name, PathId, QueryId, Reason, database_of, looked, staff, today

FOUND, LATEST, MOST_BRANCHES = 40, 10, 500

NO_DATE = message("A date such as 1958-03-12.")
GUARDIAN_IN_FULL = message("Name the guardian and the day on which they agreed.")
NO_SUCH_BRANCH = message("There is no branch of this code.")


class NewMember(msgspec.Struct, kw_only=True):
    """The paper form as it is typed in."""

    name: Name
    branch_id: Id
    phone: str | None = None
    born: str | None = None
    is_party_member: bool = False
    guardian_name: str | None = None
    guardian_consented: str | None = None
    consents: list[Purpose] = []


class DetailsForm(msgspec.Struct, kw_only=True):
    """What is typed replaces what stood there; a phone left empty stays, unless it is to be taken away."""

    name: Name
    phone: str | None = None
    no_phone: bool = False
    born: str | None = None
    is_party_member: bool = False
    guardian_name: str | None = None
    guardian_consented: str | None = None


class NewHome(msgspec.Struct, kw_only=True):
    """One of the branches that are seen, or any by its code."""

    branch_id: Id | None = None
    branch_code: str | None = None
    on: str


class Closing(msgspec.Struct):
    reason: Reason
    donate_balance: bool = False


class MembersPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "staff/members.html"
    q: str
    found: Sequence[MemberRecord | Visitor]
    is_more: bool
    branch_names: dict[int, str]


class NewMemberPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "staff/member_new.html"
    branches: Sequence[BranchLine]
    purposes: Sequence[Purpose] = tuple(Purpose)


class MemberPage(Page, frozen=True, kw_only=True):
    """One member. `book` and `lines` are what staff may see of the passbook."""

    template: ClassVar[str] = "staff/member.html"
    record: MemberRecord
    branch: BranchLine
    branches: Sequence[BranchLine]
    book: Passbook
    lines: Sequence[PassbookLine]
    may_keep: bool
    may_issue: bool
    done: str = ""
    purposes: Sequence[Purpose] = tuple(Purpose)

    def title_of(self, line: PassbookLine) -> str:
        return title_of(line)


@get("/staff/members")
async def get_members(
    request: Asking,
    q: Annotated[str, QueryParameter(max_length=80)] = "",
    branch_id: FromQuery[QueryId] = None,
) -> Response[str]:
    """Members of the caller's branches; by a whole card number also a visitor."""
    form = Form({"q": [q]})
    try:
        found = await _find(request, q, branch_id)
    except (Invalid, CardLost) as refusal:
        found, form = [], form.refused(refusal)
    branches = await database_of(request).read(_branches, by=staff(request))
    page = MembersPage(
        q=q, found=found[:FOUND], is_more=len(found) > FOUND, branch_names={each.id: each.name for each in branches}
    )
    return show(request, page, form)


@get("/staff/members/new")
async def get_new_member(request: Asking) -> Response[str]:
    """The form for a new member."""
    return await _show_new(request, Form())


@post("/staff/members/new", status_code=200)
async def post_new_member(request: Asking) -> Response[Any]:
    """Register a member, with a card."""
    form = await sent_form(request)
    try:
        sent = form.read(NewMember)
        answer = await write_form(
            request, form, Registered, register_member,
            name=sent.name, branch_id=sent.branch_id, phone=sent.phone, born_on=_date(request, "born", sent.born),
            is_party_member=sent.is_party_member, guardian=_guardian(request, sent), consents=sent.consents,
            by=staff(request),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _show_new(request, form.refused(_in_form(refusal)))
    return go_to(f"/staff/members/{answer.outcome.id}?done=registered")


@get("/staff/members/{member_id:int}")
async def get_member(request: Asking, member_id: FromPath[PathId], done: FromQuery[str] = "") -> Response[str]:
    """What is kept about a member."""
    return await show_member(request, member_id, done=done)


@post("/staff/members/{member_id:int}/details", status_code=200)
async def post_details(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Change a member's details."""
    form = await sent_form(request)
    try:
        await write_form(
            request, form, ChangedMember, change_member, member_id, _details(request, form), by=staff(request)
        )
    except PointsBankError as refusal:
        return await show_member(request, member_id, form.refused(_in_form(refusal)))
    return go_to(f"/staff/members/{member_id}?done=changed")


@post("/staff/members/{member_id:int}/move", status_code=200)
async def post_move(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Hand a member over to another branch."""
    form = await sent_form(request)
    try:
        sent = form.read(NewHome)
        on = _date(request, "on", sent.on)
        branch_id = sent.branch_id
        if sent.branch_code:
            branch = await database_of(request).read(find_branch_by_code, sent.branch_code)
            if branch is None:
                raise Invalid({"branch_code": NO_SUCH_BRANCH})
            branch_id = branch.id
        if branch_id is None or on is None:
            raise Invalid({"branch_code": NO_SUCH_BRANCH} if on else {"on": NO_DATE})
        await write_form(request, form, Moved, move_member, member_id, branch_id=branch_id, on=on, by=staff(request))
    except PointsBankError as refusal:
        return await show_member(request, member_id, form.refused(refusal))
    # Who hands somebody over may not see them afterwards.
    return go_to("/staff/members?done=moved")


@post("/staff/members/{member_id:int}/closing", status_code=200)
async def post_closing(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Close a passbook."""
    form = await sent_form(request)
    try:
        sent = form.read(Closing)
        await write_form(
            request, form, ClosedMember, close_passbook, member_id,
            reason=sent.reason, donate_balance=sent.donate_balance, by=staff(request),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await show_member(request, member_id, form.refused(refusal))
    return go_to(f"/staff/members/{member_id}?done=closed")


async def show_member(request: Asking, member_id: int, form: Form | None = None, *, done: str = "") -> Response[str]:
    page = await database_of(request).read(_member_page, member_id, done=done, by=staff(request))
    looked(request, View.RECORD, member_id)
    looked(request, View.PASSBOOK, member_id)
    return show(request, page, form)


def _member_page(tx: Transaction, member_id: int, *, done: str, by: Actor) -> MemberPage:
    record = member_record(tx, member_id, by=by)
    branch = branch_of(tx, record.branch_id)
    return MemberPage(
        record=record,
        branch=branch,
        branches=_branches(tx, by=by),
        book=passbook(tx, member_id, by=by),
        lines=passbook_lines(tx, member_id, before_id=None, limit=LATEST, by=by)[:LATEST],
        may_keep=by.may(Task.KEEP_MEMBERS, branch.path),
        may_issue=by.may(Task.ISSUE_CARDS, branch.path),
        done=done,
    )


def _branches(tx: Transaction, *, by: Actor) -> list[BranchLine]:
    by.paths(Task.READ_MEMBERS)
    return list_branches(tx, under=None, limit=MOST_BRANCHES, by=by)


async def _show_new(request: Asking, form: Form) -> Response[str]:
    def keeping(tx: Transaction, *, by: Actor) -> list[BranchLine]:
        paths = by.paths(Task.KEEP_MEMBERS)
        return [each for each in _branches(tx, by=by) if each.path.startswith(paths) and each.is_valid(tx.today)]

    branches = await database_of(request).read(keeping, by=staff(request))
    return show(request, NewMemberPage(branches=branches), form)


async def _find(request: Asking, q: str, branch_id: int | None) -> Sequence[MemberRecord | Visitor]:
    by, database, text = staff(request), database_of(request), plain_text(q)
    if clue_of(text) is Clue.CARD:
        found = await search(request, database.write, find_by_card, text, by=by)
        looked(request, View.RECORD, *(each.id for each in found))
        if not found:
            raise Invalid({"q": NotFound.sentence})
        return found
    return await search(request, database.read, find_members, text=text, branch_id=branch_id, limit=FOUND, by=by)


def _details(request: Asking, form: Form) -> Details:
    sent = form.read(DetailsForm)
    details = Details(
        name=sent.name,
        born_on=_date(request, "born", sent.born),
        is_party_member=sent.is_party_member,
        guardian=_guardian(request, sent),
    )
    if sent.phone or sent.no_phone:
        details["phone"] = sent.phone
    return details


def _guardian(request: Asking, sent: NewMember | DetailsForm) -> Guardian | None:
    consented_on = _date(request, "guardian_consented", sent.guardian_consented)
    if not sent.guardian_name and consented_on is None:
        return None
    if not sent.guardian_name or consented_on is None:
        raise Invalid({"guardian_name": GUARDIAN_IN_FULL})
    return Guardian(sent.guardian_name, consented_on)


def _date(request: Asking, field: str, text: str | None) -> date | None:
    on = read_day(text, today=today(request)) if text else None
    if text and on is None:
        raise Invalid({field: NO_DATE})
    return on


def _in_form(refusal: PointsBankError) -> PointsBankError:
    """What is wrong with a member's details, by the names that the form has for them."""
    if not isinstance(refusal, Invalid):
        return refusal
    names = {"born_on": "born", "guardian": "guardian_name", "guardian.consented_on": "guardian_consented"}
    return Invalid({names.get(name, name): sentence for name, sentence in refusal.fields.items()}, **refusal.values)


PAGES: list[Any] = [
    get_members,
    get_new_member,
    post_new_member,
    get_member,
    post_details,
    post_move,
    post_closing,
]
