"""Which version of whose rules applies where and when."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from points_bank.branches.models import Branch, BranchKind
from points_bank.database import Database
from points_bank.errors import Invalid, NotFound
from points_bank.rules.in_force import add_rule_set, rule_set_of, rules_in_force
from points_bank.rules.models import RuleSetVersion
from points_bank.rules.rule_set import reference_content
from points_bank.settings import Environment, Settings
from points_bank.transaction import Transaction

DISTRICT = "/1/"
COMMUNITY = "/1/2/"
ESTATE = "/1/2/3/"
NEIGHBOUR = "/1/4/"
SPRING = date(2026, 4, 1)
AUTUMN = date(2026, 10, 1)


def version(number: int, *, code: str = "R1", day_cap_points: int = 60) -> str:
    content = reference_content().replace("version = 1", f"version = {number}").replace('"R1"', f'"{code}"')
    return content.replace("day_cap_points = 60", f"day_cap_points = {day_cap_points}")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    settings = Settings(environment=Environment.TEST, database_url=f"sqlite:///{tmp_path / 'bank.db'}")
    async with Database(settings) as database:
        await database.write(make_branches)
        yield database


def make_branches(tx: Transaction) -> None:
    kinds = {DISTRICT: BranchKind.DISTRICT, COMMUNITY: BranchKind.COMMUNITY, ESTATE: BranchKind.ESTATE}
    for path in (DISTRICT, COMMUNITY, ESTATE, NEIGHBOUR):
        *above, own_id = path.strip("/").split("/")
        tx.run(
            insert(Branch),
            id=int(own_id),
            code=f"B{own_id}",
            name=f"Branch {own_id}",
            kind=kinds.get(path, BranchKind.COMMUNITY),
            parent_id=int(above[-1]) if above else None,
            path=path,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )


async def day_cap(database: Database, branch_path: str, on: date) -> int:
    in_force = await database.read(rules_in_force, branch_path=branch_path, on=on)
    return in_force.rule_set.day_cap_points


async def test_the_first_version_applies_to_all_earlier_dates_and_to_all_below(database: Database) -> None:
    added = await database.write(add_rule_set, branch_id=1, content=reference_content(), valid_from_on=None)
    for path in (DISTRICT, COMMUNITY, ESTATE):
        for on in (date(1949, 10, 1), SPRING, date(2099, 12, 31)):
            assert await database.read(rules_in_force, branch_path=path, on=on) == added
    assert (added.branch_id, added.rule_set.code) == (1, "R1")


async def test_a_later_version_applies_from_its_day(database: Database) -> None:
    await database.write(add_rule_set, branch_id=1, content=version(1), valid_from_on=None)
    await database.write(add_rule_set, branch_id=1, content=version(3, day_cap_points=80), valid_from_on=AUTUMN)
    await database.write(add_rule_set, branch_id=1, content=version(2, day_cap_points=70), valid_from_on=SPRING)
    caps = {date(2026, 3, 31): 60, SPRING: 70, date(2026, 9, 30): 70, AUTUMN: 80, date(2027, 1, 1): 80}
    assert {on: await day_cap(database, ESTATE, on) for on in caps} == caps


async def test_the_nearest_branch_rules_even_where_one_above_is_newer(database: Database) -> None:
    await database.write(add_rule_set, branch_id=1, content=version(1), valid_from_on=None)
    own = version(1, code="FL", day_cap_points=30)
    await database.write(add_rule_set, branch_id=2, content=own, valid_from_on=SPRING)
    await database.write(add_rule_set, branch_id=1, content=version(2, day_cap_points=80), valid_from_on=AUTUMN)
    assert await day_cap(database, ESTATE, AUTUMN) == 30
    assert await day_cap(database, COMMUNITY, AUTUMN) == 30
    assert await day_cap(database, DISTRICT, AUTUMN) == 80
    assert await day_cap(database, NEIGHBOUR, AUTUMN) == 80


async def test_a_branch_follows_the_one_above_until_its_own_rules_begin(database: Database) -> None:
    await database.write(add_rule_set, branch_id=1, content=version(1), valid_from_on=None)
    await database.write(add_rule_set, branch_id=3, content=version(1, day_cap_points=30), valid_from_on=AUTUMN)
    assert await day_cap(database, ESTATE, date(2026, 9, 30)) == 60
    assert await day_cap(database, ESTATE, AUTUMN) == 30


async def test_where_nobody_has_rules_there_are_none(database: Database) -> None:
    with pytest.raises(NotFound):
        await database.read(rules_in_force, branch_path=DISTRICT, on=SPRING)
    await database.write(add_rule_set, branch_id=1, content=version(1), valid_from_on=AUTUMN)
    with pytest.raises(NotFound):
        await database.read(rules_in_force, branch_path=DISTRICT, on=SPRING)


async def test_a_version_is_found_by_its_id(database: Database) -> None:
    added = await database.write(add_rule_set, branch_id=1, content=version(1), valid_from_on=None)
    await database.write(add_rule_set, branch_id=1, content=version(2), valid_from_on=SPRING)
    assert await database.read(rule_set_of, rule_set_id=added.id) == added.rule_set
    with pytest.raises(NotFound):
        await database.read(rule_set_of, rule_set_id=99)


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
    database: Database, content: str, valid_from_on: date | None, path: str
) -> None:
    await database.write(add_rule_set, branch_id=1, content=version(1), valid_from_on=None)
    await database.write(
        add_rule_set, branch_id=1, content=version(1, code="S1", day_cap_points=70), valid_from_on=SPRING
    )
    with pytest.raises(Invalid) as refused:
        await database.write(add_rule_set, branch_id=1, content=content, valid_from_on=valid_from_on)
    assert path in refused.value.fields
    assert await day_cap(database, DISTRICT, AUTUMN) == 70


def add_another_that_always_applied(tx: Transaction) -> None:
    tx.run(
        insert(RuleSetVersion),
        branch_id=1,
        code="R2",
        version=1,
        valid_from_on=None,
        content=reference_content(),
        created_at=tx.now,
    )


def change_all_versions(tx: Transaction) -> None:
    tx.run(update(RuleSetVersion).values(content=""))


def delete_all_versions(tx: Transaction) -> None:
    tx.run(delete(RuleSetVersion))


@pytest.mark.parametrize("act", [add_another_that_always_applied, change_all_versions, delete_all_versions])
async def test_the_schema_refuses_it_too(database: Database, act: object) -> None:
    assert callable(act)
    await database.write(add_rule_set, branch_id=1, content=version(1), valid_from_on=None)
    with pytest.raises(IntegrityError):
        await database.write(act)
    assert await day_cap(database, DISTRICT, AUTUMN) == 60


async def test_two_banks_in_one_process_keep_their_own_rules(database: Database, tmp_path: Path) -> None:
    settings = Settings(environment=Environment.TEST, database_url=f"sqlite:///{tmp_path / 'other.db'}")
    await database.write(add_rule_set, branch_id=1, content=version(1), valid_from_on=None)
    async with Database(settings) as other:
        await other.write(make_branches)
        await other.write(add_rule_set, branch_id=1, content=version(1, day_cap_points=30), valid_from_on=None)
        assert await day_cap(other, DISTRICT, SPRING) == 30
        assert await day_cap(database, DISTRICT, SPRING) == 60
