"""Moving to another branch."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import add_branch
from points_bank.columns import table_of
from points_bank.errors import Forbidden, Invalid, MemberClosed, NotFound
from points_bank.members.changes import close_member
from points_bank.members.finding import member_seen
from points_bank.members.models import Home
from points_bank.members.moving import EARLIEST_DAYS, Moved, move_member
from points_bank.members.record import member_record
from points_bank.members.register import ALWAYS
from points_bank.transaction import Transaction
from tests.members.conftest import Estates

HOME = table_of(Home)
TODAY = date(2026, 10, 12)


def homes(tx: Transaction) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in tx.all(sa.select(HOME.c.from_on, HOME.c.branch_id).order_by(HOME.c.from_on))]


async def test_a_member_is_handed_over_by_who_kept_them(estates: Estates) -> None:
    """The recorder of the old estate sees neither the new one nor, from then on, the member."""
    member = await estates.member()
    moved = await estates.write(move_member, member.id, branch_id=estates.other.id, on=TODAY, by=estates.recorder)
    assert moved == Moved(member.id, estates.other.id, TODAY)
    assert await estates.read(homes) == [(ALWAYS, estates.home.id), (TODAY, estates.other.id)]
    branches = [f"branch:{estates.home.id}", f"branch:{estates.other.id}"]
    assert await estates.last_note() == (estates.recorder.name, "move_member", f"member:{member.id}", branches)
    with pytest.raises(NotFound):
        await estates.read(member_record, member.id, by=estates.recorder)
    there = await estates.bank.staff(Role.RECORDER, branch=estates.other)
    record = await estates.read(member_record, member.id, by=there)
    assert (record.branch_id, record.card_no) == (estates.other.id, member.card_no)


async def test_moved_again_the_same_way_nothing_changes(estates: Estates) -> None:
    member = await estates.member()
    values = {"branch_id": estates.other.id, "on": TODAY, "by": SYSTEM}
    assert await estates.write(move_member, member.id, **values) == await estates.write(
        move_member, member.id, **values
    )
    assert len(await estates.read(homes)) == 2


async def test_a_second_move_of_the_same_date_replaces_the_first(estates: Estates) -> None:
    member, third = await estates.member(), await estates.bank.branch("泰和嘉园")
    for branch in (estates.other, third):
        await estates.write(move_member, member.id, branch_id=branch.id, on=TODAY, by=SYSTEM)
    assert await estates.read(homes) == [(ALWAYS, estates.home.id), (TODAY, third.id)]


async def test_there_and_back(estates: Estates) -> None:
    member = await estates.member()
    for days, branch in ((5, estates.other), (2, estates.home), (0, estates.other)):
        on = TODAY - timedelta(days=days)
        await estates.write(move_member, member.id, branch_id=branch.id, on=on, by=SYSTEM)
    assert len(await estates.read(homes)) == 4


@pytest.mark.parametrize(
    "on",
    [
        TODAY + timedelta(days=1),
        date(2999, 1, 1),
        TODAY - timedelta(days=EARLIEST_DAYS + 1),
        date(1900, 1, 1),
        ALWAYS,
    ],
)
async def test_another_date_is_refused(estates: Estates, on: date) -> None:
    member = await estates.member()
    with pytest.raises(Invalid) as refusal:
        await estates.write(move_member, member.id, branch_id=estates.other.id, on=on, by=SYSTEM)
    assert list(refusal.value.fields) == ["on"]
    assert await estates.read(homes) == [(ALWAYS, estates.home.id)]


async def test_the_earliest_date_is_possible_and_before_an_earlier_move_is_not(estates: Estates) -> None:
    member = await estates.member()
    earliest = TODAY - timedelta(days=EARLIEST_DAYS)
    await estates.write(move_member, member.id, branch_id=estates.other.id, on=earliest + timedelta(days=1), by=SYSTEM)
    with pytest.raises(Invalid) as refusal:
        await estates.write(move_member, member.id, branch_id=estates.home.id, on=earliest, by=SYSTEM)
    assert list(refusal.value.fields) == ["on"]
    second = await estates.member("李娜")
    await estates.write(move_member, second.id, branch_id=estates.other.id, on=earliest, by=SYSTEM)


async def test_to_where_nobody_can_be_moved(estates: Estates) -> None:
    member = await estates.member()
    ended = await estates.write(
        add_branch, code="E", name="旧楼", kind=BranchKind.BUILDING, parent_id=estates.home.id,
        valid_until_on=TODAY - timedelta(days=1), by=SYSTEM,
    )  # fmt: skip
    for branch in (estates.home, ended):
        with pytest.raises(Invalid) as refusal:
            await estates.write(move_member, member.id, branch_id=branch.id, on=TODAY, by=estates.recorder)
        assert list(refusal.value.fields) == ["branch_id"]
    with pytest.raises(NotFound):
        await estates.write(move_member, member.id, branch_id=999, on=TODAY, by=estates.recorder)
    assert await estates.read(homes) == [(ALWAYS, estates.home.id)]


async def test_who_may_not_move_a_member(estates: Estates) -> None:
    member, stranger = await estates.member(), await estates.member(branch=estates.other)
    with pytest.raises(Forbidden):
        await estates.write(move_member, member.id, branch_id=estates.other.id, on=TODAY, by=estates.clerk)
    with pytest.raises(NotFound):
        await estates.write(move_member, stranger.id, branch_id=estates.home.id, on=TODAY, by=estates.recorder)
    await estates.write(close_member, member.id, reason="去世", by=SYSTEM)
    with pytest.raises(MemberClosed):
        await estates.write(move_member, member.id, branch_id=estates.other.id, on=TODAY, by=estates.recorder)
    assert len(await estates.read(homes)) == 2


@pytest.mark.racing
async def test_two_moves_at_once_leave_one_home(estates: Estates) -> None:
    member, third = await estates.member(), await estates.bank.branch("泰和嘉园")
    targets = [estates.other, third] * 8
    await asyncio.gather(
        *(estates.write(move_member, member.id, branch_id=to.id, on=TODAY, by=SYSTEM) for to in targets)
    )
    line = await estates.read(member_seen, member.id, task=None, by=SYSTEM)
    assert await estates.read(homes) == [(ALWAYS, estates.home.id), (TODAY, line.branch_id)]
