"""Which member an actor may do what for."""

from datetime import date

import pytest
from msgspec.structs import replace
from stdnum.iso7064 import mod_11_10

from points_bank.actor import MAY, SYSTEM, Role, Task
from points_bank.errors import Forbidden, Invalid, MemberClosed, NotFound, PointsBankError
from points_bank.members.changes import close_member
from points_bank.members.details import Guardian
from points_bank.members.finding import (
    OWN_TASKS,
    VISIT_TASKS,
    home_on,
    is_under_18,
    member_by_card,
    member_seen,
)
from points_bank.members.moving import move_member
from tests.bank import Server, at
from tests.members.conftest import Estates, own
from tests.stories.district import District, get


async def test_a_member_is_seen_with_what_acts_need(estates: Estates) -> None:
    guardian = Guardian("张父", date(2026, 10, 1))
    member = await estates.member(born_on=date(2013, 3, 1), is_party_member=False, guardian=guardian)
    line = await estates.read(member_seen, member.id, task=Task.LOG, by=estates.recorder)
    assert (line.id, line.name, line.branch_id, line.branch_path) == (1, "张伟", estates.home.id, estates.home.path)
    assert (line.born_on, line.guardian_consented_on) == (date(2013, 3, 1), date(2026, 10, 1))
    assert (line.registered_at, line.closed_at) == (member.registered_at, None)
    assert await estates.write(member_by_card, member.card_no, task=Task.LOG, by=estates.recorder) == line


@pytest.mark.parametrize("role", list(Role))
async def test_inside_the_branch_the_role_decides(estates: Estates, role: Role) -> None:
    member = await estates.member()
    by = await estates.bank.staff(role)
    for task in (Task.LOG, Task.SERVE, Task.READ_MEMBERS, Task.READ_PASSBOOKS, Task.KEEP_MEMBERS, Task.ISSUE_CARDS):
        if role in MAY[task]:
            await estates.read(member_seen, member.id, task=task, by=by)
            await estates.write(member_by_card, member.card_no, task=task, by=by)
        else:
            with pytest.raises(Forbidden):
                await estates.read(member_seen, member.id, task=task, by=by)
            with pytest.raises(Forbidden):
                await estates.write(member_by_card, member.card_no, task=task, by=by)


async def test_outside_the_branches_nobody_is_found_by_id(estates: Estates) -> None:
    member = await estates.member(branch=estates.other)
    for member_id in (member.id, 999):
        with pytest.raises(NotFound):
            await estates.read(member_seen, member_id, task=Task.LOG, by=estates.recorder)


async def test_a_card_that_was_shown_opens_the_day(estates: Estates) -> None:
    """The clerk may serve the visitor and read the passbook until midnight, and nothing else."""
    visitor = await estates.member(branch=estates.other)
    for _ in range(2):
        await estates.write(member_by_card, visitor.card_no, task=Task.SERVE, by=estates.clerk)
    note = (estates.clerk.name, "member_by_card", f"member:{visitor.id}", ["visit"])
    assert await estates.last_note() == note
    for task in Task:
        if task in {Task.SERVE, Task.READ_PASSBOOKS}:
            assert (await estates.read(member_seen, visitor.id, task=task, by=estates.clerk)).id == visitor.id
        else:
            with pytest.raises(NotFound):
                await estates.read(member_seen, visitor.id, task=task, by=estates.clerk)
    colleague = await estates.bank.staff(Role.CLERK, branch=estates.home)
    estates.bank.clock.set(at("2026-10-12 23:59"))
    await estates.read(member_seen, visitor.id, task=Task.SERVE, by=estates.clerk)
    with pytest.raises(NotFound):
        await estates.read(member_seen, visitor.id, task=Task.SERVE, by=colleague)
    estates.bank.clock.set(at("2026-10-13 00:00"))
    with pytest.raises(NotFound):
        await estates.read(member_seen, visitor.id, task=Task.SERVE, by=estates.clerk)
    await estates.write(member_by_card, visitor.card_no, task=Task.SERVE, by=estates.clerk)
    await estates.read(member_seen, visitor.id, task=Task.SERVE, by=estates.clerk)


async def test_who_oversees_elsewhere_serves_there_as_a_visitor(estates: Estates) -> None:
    """Two roles of one person: the district's overseer is clerk of one estate only."""
    visitor = await estates.member(branch=estates.other)
    by = await estates.bank.staff(Role.OVERSEER)
    with pytest.raises(Forbidden):
        await estates.write(member_by_card, visitor.card_no, task=Task.SERVE, by=by)
    both = replace(by, rights=(*by.rights, *estates.clerk.rights))
    with pytest.raises(Forbidden):
        await estates.read(member_seen, visitor.id, task=Task.SERVE, by=both)
    await estates.write(member_by_card, visitor.card_no, task=Task.SERVE, by=both)
    await estates.read(member_seen, visitor.id, task=Task.SERVE, by=both)


@pytest.mark.parametrize("role", [Role.OVERSEER, Role.STOCK_KEEPER])
async def test_who_neither_logs_nor_serves_reaches_no_visitor(estates: Estates, role: Role) -> None:
    visitor = await estates.member(branch=estates.other)
    by = await estates.bank.staff(role, branch=estates.home)
    for task in VISIT_TASKS:
        with pytest.raises(NotFound):
            await estates.write(member_by_card, visitor.card_no, task=task, by=by)


async def test_a_card_number_is_checked_and_looked_up(estates: Estates) -> None:
    member = await estates.member()
    mistyped = member.card_no[:-1] + str((int(member.card_no[-1]) + 1) % 10)
    with pytest.raises(Invalid):
        await estates.write(member_by_card, mistyped, task=Task.SERVE, by=estates.clerk)
    unknown = next(f"000000000{digit}" for digit in range(10) if mod_11_10.is_valid(f"000000000{digit}"))
    with pytest.raises(NotFound):
        await estates.write(member_by_card, unknown, task=Task.SERVE, by=estates.clerk)


async def test_members_see_only_themselves(estates: Estates) -> None:
    member, neighbour = await estates.member(), await estates.member("李娜")
    for task in Task:
        expected: type[PointsBankError] | None = None if task in OWN_TASKS else Forbidden
        if expected is None:
            assert (await estates.read(member_seen, member.id, task=task, by=own(member.id))).id == member.id
        else:
            with pytest.raises(expected):
                await estates.read(member_seen, member.id, task=task, by=own(member.id))
        with pytest.raises(NotFound):
            await estates.read(member_seen, neighbour.id, task=task, by=own(member.id))


async def test_a_closed_passbook_is_seen_and_refused_where_it_matters(estates: Estates) -> None:
    member = await estates.member()
    await estates.write(close_member, member.id, reason="迁出", by=SYSTEM)
    line = await estates.write(member_by_card, member.card_no, task=Task.SERVE, by=estates.clerk)
    with pytest.raises(MemberClosed):
        line.require_open()


async def test_the_home_of_a_day(estates: Estates) -> None:
    member = await estates.member()
    await estates.write(move_member, member.id, branch_id=estates.other.id, on=date(2026, 10, 10), by=SYSTEM)
    homes = [await estates.read(home_on, member.id, date(2026, 10, day)) for day in (9, 10, 12)]
    assert homes == [estates.home.id, estates.other.id, estates.other.id]


@pytest.mark.parametrize(
    ("born_on", "on", "is_under"),
    [
        (None, date(2026, 10, 12), False),
        (date(2008, 10, 12), date(2026, 10, 11), True),
        (date(2008, 10, 12), date(2026, 10, 12), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(1950, 1, 1), date(2026, 10, 12), False),
        (date(2026, 10, 12), date(2026, 10, 12), True),
    ],
)
def test_full_age_is_the_eighteenth_birthday(born_on: date | None, on: date, *, is_under: bool) -> None:
    assert is_under_18(born_on, on) is is_under


async def test_a_visit_tells_how_much_is_under_notice_and_not_for_what(server: Server) -> None:
    district = await District.of(server)
    member = await district.member("陈大文")
    await district.approve(await district.log([member["id"]], "2026-10-11 08:00", "10:00"))
    visited = await server.as_staff(Role.CLERK, branch=await server.bank.branch("泰和社区"))
    await get(visited, "/members", q=member["card_no"])
    own, shown = [await get(each, f"/members/{member['id']}/passbook") for each in (district.clerk, visited)]
    assert (own["under_notice_points"], [each["points"] for each in own["under_notice"]]) == (20, [20])
    assert (shown["under_notice_points"], shown["under_notice"]) == (20, [])
