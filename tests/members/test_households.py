"""Who lives together: one household at a time, written down by staff of the branch."""

import asyncio
from datetime import timedelta

import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.errors import Forbidden, Invalid, MemberClosed, NotFound
from points_bank.members.changes import close_member
from points_bank.members.households import (
    MOST_PEOPLE,
    HouseholdRecord,
    add_household,
    find_household,
    household_of_member,
    household_record,
    household_with,
    join_household,
    leave_household,
)
from tests.bank import Server
from tests.members.conftest import Estates, own


async def housed(estates: Estates, *member_ids: int, label: str | None = None) -> HouseholdRecord:
    made = await estates.write(
        add_household, branch_id=estates.home.id, label=label, member_ids=member_ids, by=estates.recorder
    )
    record: HouseholdRecord = await estates.read(household_record, made.household_id, by=estates.recorder)
    return record


def people(record: HouseholdRecord) -> list[int]:
    return [resident.member_id for resident in record.residents]


async def test_a_household_is_written_down_with_its_people(estates: Estates) -> None:
    father, mother = await estates.member("黄强"), await estates.member("李娜")
    household = await housed(estates, father.id, mother.id, label="3-201")
    assert (household.branch_id, household.label, people(household)) == (
        estates.home.id, "3-201", [father.id, mother.id]
    )  # fmt: skip
    note = [f"member:{father.id}", f"member:{mother.id}"]
    assert await estates.last_note() == (estates.recorder.name, "add_household", f"household:{household.id}", note)
    assert await estates.read(household_of_member, mother.id, by=own(mother.id)) == household
    assert await estates.read(find_household, branch_id=estates.home.id, label="3-201") == household.id
    assert await estates.read(find_household, branch_id=estates.other.id, label="3-201") is None


async def test_who_joins_twice_or_leaves_twice_does_it_once(estates: Estates) -> None:
    father, mother = await estates.member("黄强"), await estates.member("李娜")
    household = await housed(estates, father.id)
    for _ in range(2):
        await estates.write(join_household, household.id, member_id=mother.id, by=estates.recorder)
    now = await estates.read(household_record, household.id, by=estates.recorder)
    assert people(now) == [father.id, mother.id]
    for _ in range(2):
        await estates.write(leave_household, household.id, member_id=mother.id, by=estates.recorder)
    assert people(await estates.read(household_record, household.id, by=estates.recorder)) == [father.id]
    await estates.write(join_household, household.id, member_id=mother.id, by=estates.recorder)
    assert people(await estates.read(household_record, household.id, by=estates.recorder)) == [father.id, mother.id]


async def test_who_leaves_after_the_clock_was_put_back_has_left(estates: Estates) -> None:
    father = await estates.member("黄强")
    household = await housed(estates, father.id)
    estates.bank.clock.set(estates.bank.clock.now() - timedelta(hours=1))
    await estates.write(leave_household, household.id, member_id=father.id, by=estates.recorder)
    assert people(await estates.read(household_record, household.id, by=estates.recorder)) == []


async def test_one_household_at_a_time(estates: Estates) -> None:
    father, mother = await estates.member("黄强"), await estates.member("李娜")
    first, second = await housed(estates, father.id), await housed(estates)
    with pytest.raises(Invalid) as refused:
        await estates.write(join_household, second.id, member_id=father.id, by=estates.recorder)
    assert list(refused.value.fields) == ["member_id"]
    with pytest.raises(Invalid) as refused:
        await housed(estates, mother.id, father.id)
    assert list(refused.value.fields) == ["member_ids[1]"]
    assert await estates.read(household_with, mother.id) is None
    # To leave a household in which one does not live changes nothing.
    await estates.write(leave_household, second.id, member_id=father.id, by=estates.recorder)
    assert await estates.read(household_with, father.id) == first.id


@pytest.mark.racing
async def test_two_households_at_once_take_somebody_in_once(estates: Estates) -> None:
    father = await estates.member()
    households = [await housed(estates) for _ in range(8)]
    answers = await asyncio.gather(
        *(estates.write(join_household, each.id, member_id=father.id, by=estates.recorder) for each in households),
        return_exceptions=True,
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert await estates.read(household_with, father.id) in {each.id for each in households}


async def test_twice_on_the_list_or_too_many_is_refused(estates: Estates) -> None:
    father = await estates.member()
    with pytest.raises(Invalid) as refused:
        await housed(estates, father.id, father.id)
    assert list(refused.value.fields) == ["member_ids[1]"]
    with pytest.raises(Invalid) as refused:
        await housed(estates, *range(1, MOST_PEOPLE + 2))
    assert list(refused.value.fields) == ["member_ids"]
    assert await estates.read(household_with, father.id) is None


async def test_a_closed_passbook_lives_nowhere(estates: Estates) -> None:
    father = await estates.member()
    household = await housed(estates, father.id)
    await estates.write(close_member, father.id, reason="迁出", by=SYSTEM)
    assert people(await estates.read(household_record, household.id, by=estates.recorder)) == []
    with pytest.raises(MemberClosed):
        await estates.write(join_household, household.id, member_id=father.id, by=estates.recorder)
    with pytest.raises(MemberClosed):
        await housed(estates, father.id)


@pytest.mark.parametrize("role", [Role.CLERK, Role.STOCK_KEEPER, Role.OVERSEER])
async def test_who_does_not_keep_members_changes_no_household(estates: Estates, role: Role) -> None:
    father, stranger = await estates.member(), await estates.member(branch=estates.other)
    household, by = await housed(estates), await estates.bank.staff(role, branch=estates.home)
    with pytest.raises(Forbidden):
        await estates.write(add_household, branch_id=estates.home.id, by=by)
    for act in (join_household, leave_household):
        with pytest.raises(Forbidden):
            await estates.write(act, household.id, member_id=father.id, by=by)
    with pytest.raises(NotFound):
        await estates.write(add_household, branch_id=estates.other.id, by=estates.recorder)
    with pytest.raises(NotFound):
        await estates.write(join_household, household.id, member_id=stranger.id, by=estates.recorder)
    with pytest.raises(NotFound):
        await housed(estates, stranger.id)
    assert people(await estates.read(household_record, household.id, by=estates.recorder)) == []


async def test_over_http(server: Server, served: Estates) -> None:
    client = await server.as_staff(Role.RECORDER, branch=served.home)
    father, mother = await served.member("黄强"), await served.member("李娜")
    body = {"branch_id": served.home.id, "label": "3-201", "member_ids": [father.id]}
    first, again = [await client.post("/households", json=body, headers={"Idempotency-Key": "k"}) for _ in "12"]
    assert (first.status_code, first.json()) == (201, again.json())
    assert first.json()["label"] == "3-201"
    path = f"/households/{first.json()['id']}"
    joined = await client.post(f"{path}/members", json={"member_id": mother.id})
    assert [each["member_id"] for each in joined.json()["residents"]] == [father.id, mother.id]
    assert (await client.get(f"/members/{mother.id}/household")).json() == joined.json()
    assert (await client.delete(f"{path}/members/{mother.id}")).status_code == 204
    assert (await client.get(f"/members/{mother.id}/household")).status_code == 404
    assert [each["member_id"] for each in (await client.get(path)).json()["residents"]] == [father.id]
