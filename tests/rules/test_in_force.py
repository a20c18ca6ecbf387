"""Which version of whose rules applies where and when. The bank of the tests has R1, valid always, at its district."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from points_bank.actor import SYSTEM
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.errors import Invalid, NotFound
from points_bank.opening import open_bank
from points_bank.rules.checks import unreadable_versions
from points_bank.rules.in_force import OUT_OF_ORDER, add_rule_set, rule_set_of, rules_in_force
from points_bank.rules.models import RuleSetVersion
from points_bank.rules.rule_set import reference_content
from points_bank.settings import Environment, Settings
from points_bank.transaction import Transaction
from tests.bank import Bank

RULE_SET = table_of(RuleSetVersion)
SPRING = date(2026, 4, 1)
AUTUMN = date(2026, 10, 1)


def version(number: int, *, code: str = "R1", day_cap_points: int = 60) -> str:
    content = reference_content().replace("version = 1", f"version = {number}").replace('"R1"', f'"{code}"')
    return content.replace("day_cap_points = 60", f"day_cap_points = {day_cap_points}")


@dataclass
class Tree:
    district: BranchLine
    community: BranchLine
    estate: BranchLine
    neighbour: BranchLine


@pytest.fixture
async def tree(bank: Bank) -> Tree:
    community = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    return Tree(
        bank.district,
        community,
        await bank.branch("佛子小区", BranchKind.ESTATE, community),
        await bank.branch("银宇社区", BranchKind.COMMUNITY),
    )


async def add(bank: Bank, branch: BranchLine, content: str, valid_from_on: date | None) -> None:
    await bank.database.write(add_rule_set, branch_id=branch.id, content=content, valid_from_on=valid_from_on)


async def day_cap(bank: Bank, branch: BranchLine, on: date) -> int:
    in_force = await bank.database.read(rules_in_force, branch_path=branch.path, on=on)
    return in_force.rule_set.day_cap_points


async def test_the_first_version_applies_to_all_dates_and_to_all_below(bank: Bank, tree: Tree) -> None:
    for branch in (tree.district, tree.community, tree.estate):
        for on in (date(1949, 10, 1), SPRING, date(2099, 12, 31)):
            in_force = await bank.database.read(rules_in_force, branch_path=branch.path, on=on)
            assert (in_force.branch_id, in_force.valid_from_on) == (tree.district.id, None)
            assert (in_force.rule_set.code, in_force.rule_set.version) == ("R1", 1)


async def test_a_later_version_applies_from_its_day(bank: Bank, tree: Tree) -> None:
    await add(bank, tree.district, version(3, day_cap_points=80), AUTUMN)
    await add(bank, tree.district, version(2, day_cap_points=70), SPRING)
    caps = {date(2026, 3, 31): 60, SPRING: 70, date(2026, 9, 30): 70, AUTUMN: 80, date(2027, 1, 1): 80}
    assert {on: await day_cap(bank, tree.estate, on) for on in caps} == caps


async def test_the_nearest_branch_rules_even_where_one_above_is_newer(bank: Bank, tree: Tree) -> None:
    await add(bank, tree.community, version(1, code="FL", day_cap_points=30), SPRING)
    await add(bank, tree.district, version(2, day_cap_points=80), AUTUMN)
    assert await day_cap(bank, tree.estate, AUTUMN) == 30
    assert await day_cap(bank, tree.community, AUTUMN) == 30
    assert await day_cap(bank, tree.district, AUTUMN) == 80
    assert await day_cap(bank, tree.neighbour, AUTUMN) == 80


async def test_a_branch_follows_the_one_above_until_its_own_rules_begin(bank: Bank, tree: Tree) -> None:
    await add(bank, tree.estate, version(1, day_cap_points=30), AUTUMN)
    assert await day_cap(bank, tree.estate, date(2026, 9, 30)) == 60
    assert await day_cap(bank, tree.estate, AUTUMN) == 30


async def test_where_nobody_has_rules_there_are_none(bank: Bank) -> None:
    with pytest.raises(NotFound):
        await bank.database.read(rules_in_force, branch_path="/8/9/", on=SPRING)


async def test_a_version_is_found_by_its_id(bank: Bank, tree: Tree) -> None:
    content = version(2, day_cap_points=70)
    added = await bank.database.write(add_rule_set, branch_id=tree.district.id, content=content, valid_from_on=AUTUMN)
    assert await bank.database.read(rules_in_force, branch_path=tree.district.path, on=AUTUMN) == added
    assert await bank.database.read(rule_set_of, rule_set_id=added.id) == added.rule_set
    with pytest.raises(NotFound):
        await bank.database.read(rule_set_of, rule_set_id=99)


@pytest.mark.parametrize(
    ("content", "valid_from_on", "path"),
    [
        (version(1), AUTUMN, "version"),
        (version(2), None, "valid_from_on"),
        (version(2), SPRING, "valid_from_on"),
        (version(0), AUTUMN, "version"),
        ("", AUTUMN, "code"),
    ],
)
async def test_a_version_or_a_day_that_is_taken_is_refused(
    bank: Bank, content: str, valid_from_on: date | None, path: str
) -> None:
    await add(bank, bank.district, version(1, code="S1", day_cap_points=70), SPRING)
    with pytest.raises(Invalid) as refused:
        await add(bank, bank.district, content, valid_from_on)
    assert path in refused.value.fields
    assert await day_cap(bank, bank.district, AUTUMN) == 70


@pytest.mark.parametrize(("number", "from_on"), [(2, date(2026, 10, 2)), (4, date(2026, 3, 31))])
async def test_numbers_go_up_with_the_days(bank: Bank, number: int, from_on: date) -> None:
    await add(bank, bank.district, version(3, day_cap_points=80), AUTUMN)
    await add(bank, bank.district, version(2, code="S1", day_cap_points=70), SPRING)
    with pytest.raises(Invalid) as refused:
        await add(bank, bank.district, version(number), from_on)
    assert refused.value.fields == {"version": OUT_OF_ORDER}
    assert await day_cap(bank, bank.district, date(2027, 1, 1)) == 80


async def test_two_branches_may_have_the_same_version_from_the_same_day(bank: Bank, tree: Tree) -> None:
    await add(bank, tree.community, version(1, day_cap_points=30), None)
    await add(bank, tree.neighbour, version(1, day_cap_points=40), None)
    assert await day_cap(bank, tree.community, SPRING) == 30
    assert await day_cap(bank, tree.neighbour, SPRING) == 40


def add_another_that_always_applied(tx: Transaction) -> None:
    kept = {"branch_id": 1, "code": "R2", "version": 1, "valid_from_on": None, "content": "", "created_at": tx.now}
    tx.run(sa.insert(RULE_SET), **kept)


def change_all_versions(tx: Transaction) -> None:
    tx.run(sa.update(RULE_SET).values(content=""))


def delete_all_versions(tx: Transaction) -> None:
    tx.run(sa.delete(RULE_SET))


@pytest.mark.parametrize("act", [add_another_that_always_applied, change_all_versions, delete_all_versions])
async def test_the_schema_refuses_it_too(bank: Bank, act: Callable[[Transaction], None]) -> None:
    with pytest.raises(IntegrityError):
        await bank.database.write(act)
    assert await day_cap(bank, bank.district, AUTUMN) == 60


async def test_two_banks_in_one_process_keep_their_own_rules(bank: Bank, tmp_path: Path) -> None:
    settings = Settings(environment=Environment.TEST, database_url=f"sqlite:///{tmp_path / 'other.db'}")
    await add(bank, bank.district, version(2, day_cap_points=30), SPRING)
    async with Database(settings, bank.clock) as database:
        other = Bank(database, bank.clock, await database.write(open_bank, code="LW", name="荔湾区", by=SYSTEM))
        await add(other, other.district, version(2, day_cap_points=40), SPRING)
        assert await day_cap(other, other.district, SPRING) == 40
    assert await day_cap(bank, bank.district, SPRING) == 30


def look_at_spoilt_versions(tx: Transaction) -> list[str]:
    """Spoils versions and looks; it raises in the end, so that nothing of it is kept."""
    for number, content in ((8, "version = 1"), (9, reference_content())):
        kept = {"branch_id": 1, "code": "R1", "version": number, "content": content, "created_at": tx.now}
        tx.run(sa.insert(RULE_SET), **kept, valid_from_on=date(2030, 1, number))
    raise LookupError(*unreadable_versions(tx))


async def test_the_books_notice_a_version_that_is_not_what_its_row_says(bank: Bank) -> None:
    with pytest.raises(LookupError) as looked:
        await bank.database.write(look_at_spoilt_versions)
    unreadable, mistaken = looked.value.args
    assert unreadable.startswith("rule set 2: ")
    assert mistaken == "rule set 3: kept as R1 9, says R1 1"
    assert await bank.database.read(lambda tx: list(unreadable_versions(tx))) == []
