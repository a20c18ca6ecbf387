"""The versions of rules as a list."""

from datetime import date

from points_bank.branches.models import BranchKind
from points_bank.rules.in_force import add_rule_set
from points_bank.rules.versions import versions_of
from tests.bank import Bank
from tests.rules.test_in_force import AUTUMN, SPRING, version


async def test_versions_of_several_branches_are_listed_newest_first_and_no_others(bank: Bank) -> None:
    own = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    other = await bank.branch("银宇社区", BranchKind.COMMUNITY)
    days: dict[str, tuple[int, date]] = {"L1": (own.id, SPRING), "M1": (other.id, SPRING), "L2": (own.id, AUTUMN)}
    for code, (branch_id, on) in days.items():
        await bank.database.write(add_rule_set, branch_id=branch_id, content=version(1, code=code), valid_from_on=on)
    listed = await bank.database.read(versions_of, [own.id, bank.district.id])
    assert [(each.branch_id, each.code, each.version, each.valid_from_on) for each in listed] == [
        (own.id, "L2", 1, AUTUMN), (own.id, "L1", 1, SPRING), (bank.district.id, "R1", 1, None),
    ]  # fmt: skip
