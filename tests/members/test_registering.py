"""Registering a member."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import add_branch
from points_bank.columns import table_of
from points_bank.errors import Forbidden, Invalid, NotFound
from points_bank.ledger.accounts import MemberAccount, account_of
from points_bank.members.card_numbers import derive_card_no
from points_bank.members.details import Guardian
from points_bank.members.finding import home_on
from points_bank.members.models import Card, Member, Purpose
from points_bank.members.record import member_record
from points_bank.members.register import register_member
from points_bank.transaction import Transaction
from tests.members.conftest import Estates

TODAY = date(2026, 10, 12)
MEMBER, CARD = table_of(Member), table_of(Card)


def count_members(tx: Transaction) -> int:
    found: int = tx.scalar(sa.select(sa.func.count()).select_from(MEMBER))
    return found


async def test_a_member_has_a_card_a_home_an_account_and_consents(estates: Estates) -> None:
    registered = await estates.write(
        register_member,
        name=" 张伟 ",
        branch_id=estates.home.id,
        phone="+86 138 1234 1234",
        born_on=date(1958, 5, 1),
        is_party_member=True,
        consents=[Purpose.RECORDS, Purpose.BOARDS, Purpose.RECORDS],
        by=estates.recorder,
    )
    record = await estates.read(member_record, registered.id, by=estates.recorder)
    assert (record.name, record.branch_id, record.card_no) == ("张伟", estates.home.id, registered.card_no)
    assert (record.phone, record.phone_tail) == ("138****1234", "1234")
    assert (record.born_on, record.is_party_member, record.guardian) == (date(1958, 5, 1), True, None)
    assert record.consents == [Purpose.BOARDS, Purpose.RECORDS]
    assert set(record.consents_given_at.values()) == {registered.registered_at}
    assert await estates.read(home_on, registered.id, date(1990, 1, 1)) == estates.home.id
    account = await estates.read(account_of, registered.id)
    assert account == MemberAccount(account.id, registered.id, 0, 0, 0, 0)
    assert await estates.last_note() == (
        estates.recorder.name,
        "register_member",
        f"member:{registered.id}",
        [f"card:{registered.id}"],
    )


async def test_a_name_and_a_branch_are_enough(estates: Estates) -> None:
    registered = await estates.write(register_member, name="李", branch_id=estates.home.id, by=estates.recorder)
    record = await estates.read(member_record, registered.id, by=estates.recorder)
    assert (record.phone, record.born_on, record.guardian, record.consents) == (None, None, None, [])


async def test_a_guardian_is_kept_with_the_date(estates: Estates) -> None:
    guardian = Guardian("张父", date(2026, 10, 1))
    registered = await estates.member(born_on=date(2013, 3, 1), guardian=guardian)
    assert (await estates.read(member_record, registered.id, by=estates.recorder)).guardian == guardian


@pytest.mark.parametrize(
    ("details", "fields"),
    [
        ({"name": "  "}, {"name"}),
        ({"phone": "123"}, {"phone"}),
        ({"born_on": date(1800, 1, 1)}, {"born_on"}),
        ({"born_on": date(1900, 1, 1)}, {"born_on"}),
        ({"born_on": TODAY + timedelta(days=1)}, {"born_on"}),
        ({"guardian": Guardian("张父", TODAY + timedelta(days=1))}, {"guardian.consented_on"}),
        ({"guardian": Guardian("张父", date(2999, 1, 1))}, {"guardian.consented_on"}),
        ({"guardian": Guardian(" ", TODAY)}, {"guardian.name"}),
        ({"born_on": date(2015, 1, 2), "guardian": Guardian("张父", date(2015, 1, 1))}, {"guardian.consented_on"}),
        ({"name": "", "phone": "x", "born_on": date(2999, 1, 1)}, {"name", "phone", "born_on"}),
    ],
)
async def test_details_that_cannot_be_are_refused(estates: Estates, details: dict[str, Any], fields: set[str]) -> None:
    values = {"name": "张伟", "branch_id": estates.home.id} | details
    with pytest.raises(Invalid) as refusal:
        await estates.write(register_member, **values, by=estates.recorder)
    assert set(refusal.value.fields) == fields
    assert await estates.read(count_members) == 0


async def test_born_today_is_possible(estates: Estates) -> None:
    await estates.member(born_on=TODAY)


@pytest.mark.parametrize("role", [Role.CLERK, Role.STOCK_KEEPER, Role.OVERSEER])
async def test_who_does_not_keep_members_registers_none(estates: Estates, role: Role) -> None:
    by = await estates.bank.staff(role, branch=estates.home)
    with pytest.raises(Forbidden):
        await estates.write(register_member, name="张伟", branch_id=estates.home.id, by=by)
    assert await estates.read(count_members) == 0


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER, Role.RECORDER])
async def test_who_keeps_members_registers_below_their_branch(estates: Estates, role: Role) -> None:
    by = await estates.bank.staff(role)
    assert (await estates.write(register_member, name="张伟", branch_id=estates.home.id, by=by)).id == 1


async def test_another_branch_and_an_unknown_one_are_not_found(estates: Estates) -> None:
    for branch_id in (estates.other.id, estates.bank.district.id, 999):
        with pytest.raises(NotFound):
            await estates.write(register_member, name="张伟", branch_id=branch_id, by=estates.recorder)
    assert await estates.read(count_members) == 0


async def test_a_branch_that_has_ended_takes_nobody(estates: Estates) -> None:
    by = await estates.bank.staff(Role.ADMINISTRATOR)
    ended = await estates.write(
        add_branch, code="E", name="旧楼", kind=BranchKind.BUILDING, parent_id=estates.home.id,
        valid_until_on=TODAY - timedelta(days=1), by=by,
    )  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        await estates.write(register_member, name="张伟", branch_id=ended.id, by=by)
    assert list(refusal.value.fields) == ["branch_id"]


async def test_a_taken_card_number_is_passed_over(estates: Estates) -> None:
    first, second = await estates.member(), await estates.member()

    def give_away_the_next_number(tx: Transaction) -> str:
        taken = derive_card_no(tx.keys, member_id=3, serial=0, attempt=0)
        tx.run(sa.update(CARD).where(CARD.c.member_id == second.id).values(card_no=taken))
        return taken

    taken = await estates.write(give_away_the_next_number)
    third = await estates.member()
    assert third.id == 3
    assert len({first.card_no, taken, third.card_no}) == 3
