"""The organisation tree: adding branches and finding them."""

from datetime import date

import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind, ManagementMode
from points_bank.branches.tree import (
    CODE_TAKEN,
    DISTRICT_EXISTS,
    ENDS_BEFORE_IT_STARTS,
    NOT_BELOW,
    OUT_OF_RANGE,
    add_branch,
    branch_seen,
    found_district,
    list_branches,
)
from points_bank.errors import Forbidden, Invalid, NotFound
from points_bank.opening import open_bank
from tests.bank import Bank


async def count(bank: Bank) -> int:
    return len(await bank.database.read(list_branches, under=None, limit=100, by=SYSTEM))


async def test_branches_lie_below_each_other(bank: Bank) -> None:
    community = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    estate = await bank.database.write(
        add_branch, code="FZ", name="佛子小区", kind=BranchKind.ESTATE, parent_id=community.id,
        management_mode=ManagementMode.SELF_RUN, valid_from_on=date(1990, 1, 1), by=SYSTEM,
    )  # fmt: skip
    assert (community.path, estate.path) == ("/1/2/", "/1/2/3/")
    assert estate.management_mode is ManagementMode.SELF_RUN
    assert await bank.database.read(branch_seen, estate.id, by=SYSTEM) == estate


async def test_a_code_is_taken_once(bank: Bank) -> None:
    with pytest.raises(Invalid) as refused:
        await bank.database.write(add_branch, code="LX", name="龙圩", kind=BranchKind.COMMUNITY, parent_id=1, by=SYSTEM)
    assert refused.value.fields == {"code": CODE_TAKEN}
    assert await count(bank) == 1


async def test_a_branch_lies_below_a_greater_kind(bank: Bank) -> None:
    estate = await bank.branch()
    for kind in (BranchKind.DISTRICT, BranchKind.COMMUNITY, BranchKind.ESTATE):
        with pytest.raises(Invalid) as refused:
            await bank.branch(kind=kind, parent=estate)
        assert refused.value.fields == {"kind": NOT_BELOW}
    await bank.branch("101 户", BranchKind.HUB_HOUSEHOLD, parent=estate)


@pytest.mark.parametrize(
    ("from_on", "until_on", "problems"),
    [
        (date(1900, 1, 1), None, {"valid_from_on": OUT_OF_RANGE}),
        (None, date(2999, 1, 1), {"valid_until_on": OUT_OF_RANGE}),
        (date(2026, 2, 1), date(2026, 1, 31), {"valid_until_on": ENDS_BEFORE_IT_STARTS}),
    ],
)
async def test_dates_that_make_no_sense_are_refused(
    bank: Bank, from_on: date | None, until_on: date | None, problems: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        await bank.database.write(
            add_branch, code="FL", name="凤岭社区", kind=BranchKind.COMMUNITY, parent_id=1,
            valid_from_on=from_on, valid_until_on=until_on, by=SYSTEM,
        )  # fmt: skip
    assert refused.value.fields == problems
    assert await count(bank) == 1


async def test_only_administrators_of_the_parent_add_a_branch(bank: Bank) -> None:
    here, beside = await bank.branch(kind=BranchKind.COMMUNITY), await bank.branch(kind=BranchKind.COMMUNITY)
    for role in set(Role) - {Role.ADMINISTRATOR}:
        actor = await bank.staff(role, branch=here)
        with pytest.raises(Forbidden):
            await bank.database.write(
                add_branch, code="X", name="x", kind=BranchKind.ESTATE, parent_id=here.id, by=actor
            )
    administrator = await bank.staff(Role.ADMINISTRATOR, branch=here)
    for outside in (bank.district.id, beside.id, 999):
        with pytest.raises(NotFound):
            await bank.database.write(
                add_branch, code="X", name="x", kind=BranchKind.ESTATE, parent_id=outside, by=administrator
            )
    await bank.database.write(
        add_branch, code="X", name="x", kind=BranchKind.ESTATE, parent_id=here.id, by=administrator
    )


async def test_a_list_holds_what_the_reader_sees(bank: Bank) -> None:
    here, beside = await bank.branch(kind=BranchKind.COMMUNITY), await bank.branch(kind=BranchKind.COMMUNITY)
    estate = await bank.branch(parent=here)
    reader, nobody = await bank.staff(Role.CLERK, branch=here), await bank.staff()

    async def listed(*, under: int | None = None, limit: int = 50, after_id: int | None = None) -> list[int]:
        found = await bank.database.read(list_branches, under=under, limit=limit, after_id=after_id, by=reader)
        return [branch.id for branch in found]

    assert await listed() == [here.id, estate.id]
    assert await listed(under=estate.id) == [estate.id]
    assert await listed(limit=1, after_id=here.id) == [estate.id]
    for outside in (bank.district.id, beside.id, 999):
        with pytest.raises(NotFound):
            await listed(under=outside)
    assert await bank.database.read(list_branches, under=None, limit=50, by=nobody) == []


async def test_a_bank_has_one_district(bank: Bank) -> None:
    for act in (found_district, open_bank):
        with pytest.raises(Invalid) as refused:
            await bank.database.write(act, code="YX", name="银溪区", by=SYSTEM)
        assert refused.value.fields == {"code": DISTRICT_EXISTS}
    assert await count(bank) == 1
