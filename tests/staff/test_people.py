"""Members of staff, and granting and withdrawing their rights."""

from datetime import date

import pytest

from points_bank.actor import SYSTEM, Actor, Right, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import ENDS_BEFORE_IT_STARTS, OUT_OF_RANGE, BranchLine
from points_bank.errors import Forbidden, Invalid, NotFound
from points_bank.members.register import register_member
from points_bank.staff.people import (
    LOGIN_TAKEN,
    RIGHT_HELD,
    create_staff,
    grant_right,
    list_staff,
    withdraw_right,
)
from points_bank.staff.tokens import staff_actor
from tests.bank import Bank, at


@pytest.fixture
async def fengling(bank: Bank) -> BranchLine:
    return await bank.branch("凤岭社区", BranchKind.COMMUNITY)


@pytest.fixture
async def yinyu(bank: Bank) -> BranchLine:
    return await bank.branch("银宇社区", BranchKind.COMMUNITY)


async def rights(bank: Bank, staff_id: int) -> tuple[Right, ...]:
    return (await bank.database.read(staff_actor, staff_id, None)).rights


async def logins(bank: Bank, by: Actor) -> list[str]:
    return [line.login for line in await bank.database.read(list_staff, limit=50, by=by)]


async def test_a_right_counts_in_its_branch_and_below(bank: Bank, fengling: BranchLine) -> None:
    estate = await bank.branch(parent=fengling)
    actor = await bank.staff(Role.RECORDER, branch=fengling)
    assert actor.rights == (Right(Role.RECORDER, fengling.path),)
    assert actor.sees(estate.path)
    assert not actor.sees(bank.district.path)


async def test_a_login_is_taken_once(bank: Bank) -> None:
    await bank.database.write(create_staff, login="lin", name="林", password_hash="-", by=SYSTEM)
    with pytest.raises(Invalid) as refused:
        await bank.database.write(create_staff, login="lin", name="林", password_hash="-", by=SYSTEM)
    assert refused.value.fields == {"login": LOGIN_TAKEN}


async def test_staff_are_linked_to_a_member_of_the_creators_branches_only(
    bank: Bank, fengling: BranchLine, yinyu: BranchLine
) -> None:
    administrator = await bank.staff(Role.ADMINISTRATOR, branch=fengling)
    here, elsewhere = [
        (await bank.database.write(register_member, name="张伟", branch_id=branch.id, consents=[], by=SYSTEM)).id
        for branch in (fengling, yinyu)
    ]
    await bank.database.write(
        create_staff, login="zhang", name="张伟", password_hash="-", member_id=here, by=administrator
    )
    for member_id in (elsewhere, 999):
        with pytest.raises(NotFound):
            await bank.database.write(
                create_staff, login="li", name="李", password_hash="-", member_id=member_id, by=administrator
            )
    assert "li" not in await logins(bank, SYSTEM)


async def test_only_administrators_create_staff_and_grant(bank: Bank) -> None:
    clerk = await bank.staff()
    for role in set(Role) - {Role.ADMINISTRATOR}:
        actor = await bank.staff(role)
        with pytest.raises(Forbidden):
            await bank.database.write(create_staff, login="x", name="x", password_hash="-", by=actor)
        with pytest.raises(Forbidden):
            await bank.database.write(grant_right, clerk.id, role=role, branch_id=bank.district.id, by=actor)
    assert await rights(bank, clerk.id) == ()


async def test_an_administrator_of_a_community_grants_in_it_and_not_above_or_beside(
    bank: Bank, fengling: BranchLine, yinyu: BranchLine
) -> None:
    administrator, clerk = await bank.staff(Role.ADMINISTRATOR, branch=fengling), await bank.staff()
    for branch in (bank.district, yinyu):
        with pytest.raises(NotFound):
            await bank.database.write(grant_right, clerk.id, role=Role.CLERK, branch_id=branch.id, by=administrator)
    await bank.database.write(grant_right, clerk.id, role=Role.CLERK, branch_id=fengling.id, by=administrator)
    assert await rights(bank, clerk.id) == (Right(Role.CLERK, fengling.path),)


async def test_staff_of_another_community_are_not_found(bank: Bank, fengling: BranchLine, yinyu: BranchLine) -> None:
    administrator, stranger = (
        await bank.staff(Role.ADMINISTRATOR, branch=fengling),
        await bank.staff(Role.CLERK, branch=yinyu),
    )
    with pytest.raises(NotFound):
        await bank.database.write(grant_right, stranger.id, role=Role.CLERK, branch_id=fengling.id, by=administrator)
    [right] = (await bank.database.read(list_staff, after_id=stranger.id - 1, limit=1, by=SYSTEM))[0].rights
    for right_id in (right.id, 999):
        with pytest.raises(NotFound):
            await bank.database.write(withdraw_right, stranger.id, right_id=right_id, by=administrator)
    assert len(await rights(bank, stranger.id)) == 1


async def test_a_right_is_held_once_at_a_time(bank: Bank, fengling: BranchLine) -> None:
    clerk = await bank.staff()

    async def grant(role: Role, branch: BranchLine, from_on: date, until_on: date | None = None) -> None:
        await bank.database.write(
            grant_right, clerk.id, role=role, branch_id=branch.id, from_on=from_on, until_on=until_on, by=SYSTEM
        )

    await grant(Role.CLERK, fengling, date(2026, 11, 1), date(2026, 11, 30))
    for from_on, until_on in (
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 11, 30), None),
        (date(2026, 10, 1), date(2026, 11, 1)),
        (date(2026, 10, 1), None),
    ):
        with pytest.raises(Invalid) as refused:
            await grant(Role.CLERK, fengling, from_on, until_on)
        assert refused.value.fields == {"role": RIGHT_HELD}
    await grant(Role.CLERK, fengling, date(2026, 12, 1))
    await grant(Role.CLERK, fengling, date(2026, 10, 1), date(2026, 10, 31))
    await grant(Role.RECORDER, fengling, date(2026, 11, 1))
    await grant(Role.CLERK, bank.district, date(2026, 11, 1))


@pytest.mark.parametrize(
    ("from_on", "until_on", "problems"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), {"until_on": ENDS_BEFORE_IT_STARTS}),
        (None, date(2026, 10, 11), {"until_on": ENDS_BEFORE_IT_STARTS}),
        (date(1900, 1, 1), None, {"from_on": OUT_OF_RANGE}),
        (None, date(2999, 1, 1), {"until_on": OUT_OF_RANGE}),
    ],
)
async def test_dates_that_make_no_sense_are_refused(
    bank: Bank, from_on: date | None, until_on: date | None, problems: dict[str, str]
) -> None:
    clerk = await bank.staff()
    with pytest.raises(Invalid) as refused:
        await bank.database.write(
            grant_right, clerk.id, role=Role.CLERK, branch_id=1, from_on=from_on, until_on=until_on, by=SYSTEM
        )
    assert refused.value.fields == problems
    assert (await bank.database.read(list_staff, limit=50, by=SYSTEM))[-1].rights == ()


async def test_a_right_runs_from_its_first_to_the_end_of_its_last_day(bank: Bank) -> None:
    clerk = await bank.staff()
    await bank.database.write(
        grant_right, clerk.id, role=Role.CLERK, branch_id=1, from_on=date(2026, 11, 16), until_on=date(2026, 11, 20),
        by=SYSTEM,
    )  # fmt: skip
    for instant, count in (
        ("2026-11-15 23:59", 0),
        ("2026-11-16 00:00", 1),
        ("2026-11-20 23:59", 1),
        ("2026-11-21 00:00", 0),
    ):
        bank.clock.set(at(instant))
        assert len(await rights(bank, clerk.id)) == count


async def test_a_withdrawn_right_is_gone_at_once_and_cannot_be_withdrawn_again(bank: Bank) -> None:
    clerk = await bank.staff(Role.CLERK, Role.RECORDER)
    line = (await bank.database.read(list_staff, limit=50, by=SYSTEM))[-1]
    withdrawn = next(right for right in line.rights if right.role is Role.CLERK)
    await bank.database.write(withdraw_right, clerk.id, right_id=withdrawn.id, by=SYSTEM)
    assert [right.role for right in await rights(bank, clerk.id)] == [Role.RECORDER]
    with pytest.raises(NotFound):
        await bank.database.write(withdraw_right, clerk.id, right_id=withdrawn.id, by=SYSTEM)
    await bank.database.write(grant_right, clerk.id, role=Role.CLERK, branch_id=1, by=SYSTEM)


async def test_a_right_is_withdrawn_from_who_holds_it(bank: Bank) -> None:
    clerk, other = await bank.staff(Role.CLERK), await bank.staff(Role.CLERK)
    line = (await bank.database.read(list_staff, limit=50, by=SYSTEM))[-2]
    with pytest.raises(NotFound):
        await bank.database.write(withdraw_right, other.id, right_id=line.rights[0].id, by=SYSTEM)
    overseer = await bank.staff(Role.OVERSEER)
    with pytest.raises(Forbidden):
        await bank.database.write(withdraw_right, clerk.id, right_id=line.rights[0].id, by=overseer)
    assert len(await rights(bank, clerk.id)) == 1


async def test_who_reads_sees_staff_of_their_branches_and_staff_without_rights(
    bank: Bank, fengling: BranchLine, yinyu: BranchLine
) -> None:
    here = await bank.staff(Role.OVERSEER, branch=fengling)
    both = await bank.staff(Role.CLERK, branch=fengling)
    await bank.database.write(grant_right, both.id, role=Role.APPROVER, branch_id=yinyu.id, by=SYSTEM)
    await bank.staff(Role.CLERK, branch=yinyu)
    await bank.staff(Role.ADMINISTRATOR)
    await bank.staff()
    seen = await bank.database.read(list_staff, limit=50, by=here)
    assert [(line.id, [right.role for right in line.rights]) for line in seen] == [
        (here.id, [Role.OVERSEER]),
        (both.id, [Role.CLERK]),
        (both.id + 3, []),
    ]
    with pytest.raises(Forbidden):
        await bank.database.read(list_staff, limit=50, by=both)


async def test_staff_whose_last_right_has_ended_belong_to_the_district_again(
    bank: Bank, fengling: BranchLine, yinyu: BranchLine
) -> None:
    administrator, clerk = await bank.staff(Role.ADMINISTRATOR, branch=fengling), await bank.staff()
    await bank.database.write(
        grant_right, clerk.id, role=Role.CLERK, branch_id=yinyu.id, until_on=date(2026, 10, 12), by=SYSTEM
    )
    assert len(await logins(bank, administrator)) == 1
    bank.clock.set(at("2026-10-13 00:00"))
    assert len(await logins(bank, administrator)) == 2
    await bank.database.write(grant_right, clerk.id, role=Role.CLERK, branch_id=fengling.id, by=administrator)
